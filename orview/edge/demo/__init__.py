"""The demonstration: the whole product with a simulated patient, camera and nurse."""
