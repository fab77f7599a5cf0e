"""Fetches one level of a model: GET, resumed where an earlier try was cut, and verified as a whole."""

import http.client
from hashlib import sha256

from orview.edge.headset.link import Place, check_fingerprint
from orview.edge.network.certificates import pinning_context
from orview.errors import NetworkError, ProtocolError
from orview.protocol.messages import ModelLevelEntry

_TIMEOUT_S = 10.0
_PIECE_BYTES = 64 * 1024


class ModelFetch:
    """One level on its way; what came of it before a cut is kept for the next try.

    Args:
        level: which one.

    Attributes:
        body: what came so far; nothing to be shown before `run` returned it.
        resumed: how often a try went on from where the one before was cut.
    """

    def __init__(self, level: ModelLevelEntry) -> None:
        self.level = level
        self.body = bytearray()
        self.resumed = 0

    def run(self, place: Place) -> bytes:
        """Fetch what is missing and verify the whole; blocks, so call it in a thread. Call it again after a cut.

        Raises:
            NetworkError: the host does not give it, or the link was cut; another try goes on from there.
            ProtocolError: what it gives is not what it announced.
        """
        connection = http.client.HTTPSConnection(
            place.address, place.port, context=pinning_context(), timeout=_TIMEOUT_S
        )
        try:
            connection.connect()
            check_fingerprint(connection.sock, place)
            connection.request("GET", self.level.url, headers=self._headers(place))
            self._read(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise NetworkError("The model could not be fetched.", mend="Check the network.") from error
        finally:
            connection.close()
        body = bytes(self.body)
        if len(body) != self.level.bytes or sha256(body).hexdigest() != self.level.sha256:
            self.body.clear()
            raise ProtocolError(
                "The model that came is not the one that was announced.", mend="Prepare the case again."
            )
        return body

    def _headers(self, place: Place) -> dict[str, str]:
        headers = {"Host": place.authority, "Accept": "model/gltf-binary"}
        if self.body:
            headers |= {"Range": f"bytes={len(self.body)}-", "If-Range": f'"{self.level.sha256}"'}
        return headers

    def _read(self, response: http.client.HTTPResponse) -> None:
        begin = f"bytes {len(self.body)}-"
        if response.status == http.client.PARTIAL_CONTENT and response.getheader("Content-Range", "").startswith(begin):
            self.resumed += 1
        elif response.status == http.client.OK:
            self.body.clear()
        else:
            raise NetworkError(
                f"The host does not give the model ({response.status}).", mend="Start the session again."
            )
        # A byte more than announced shows a body that is too long, without taking all of it.
        while len(self.body) <= self.level.bytes:
            piece = response.read1(_PIECE_BYTES)
            if not piece:
                break
            self.body += piece
        if len(self.body) < self.level.bytes and response.length:
            raise NetworkError("The model was cut on its way.", mend="Check the network.")
