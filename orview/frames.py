"""The frames of the product and what their axes mean. All are right-handed.

| frame   | origin and axes                                                              | unit  |
|---------|------------------------------------------------------------------------------|-------|
| voxel   | continuous index (i, j, k), whole at voxel centres; numpy arrays are [k,j,i] | voxel |
| patient | DICOM: +x left, +y posterior, +z superior (LPS)                              | mm    |
| board   | outer top-left corner of the print, +x right, +y down, +z into the paper     | mm    |
| face    | one flat print of a board: its own top-left corner, axes as board            | mm    |
| camera  | optical centre, +x right, +y down, +z forward; pixel (0, 0) is a pixel centre | mm    |
| headset | WebXR viewer: +x right, +y up, -z forward                                    | m     |
| view    | one eye of the headset, axes as headset                                      | m     |
| room    | at rest: the room camera's place and axes, else the board's at alignment     | mm    |
| world   | WebXR reference space, +y up, gravity aligned                                | m     |
| model   | glTF: +x left, +y superior, +z anterior of the patient, times 0.001          | m     |

`a_from_b` turns coordinates in b into coordinates in a; the inner names meet and cancel:
`world_from_model = world_from_room @ room_from_camera @ camera_from_board @ board_from_patient
@ patient_from_model`. Python keeps every link in millimetres; metres begin at the edge.
"""

from enum import StrEnum


class Frame(StrEnum):
    """The name of a coordinate frame (table in the module docstring)."""

    VOXEL = "voxel"
    PATIENT = "patient"
    BOARD = "board"
    FACE = "face"
    CAMERA = "camera"
    HEADSET = "headset"
    VIEW = "view"
    ROOM = "room"
    WORLD = "world"
    MODEL = "model"


PATIENT_AXES_FROM_MODEL_AXES = (
    (1.0, 0.0, 0.0),
    (0.0, 0.0, -1.0),
    (0.0, 1.0, 0.0),
)
"""Rotation, determinant +1: model (left, superior, anterior) to patient (left, posterior, superior)."""
