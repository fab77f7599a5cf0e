"""Cases and the glTF files a headset loads."""
