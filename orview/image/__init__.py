"""Patient images: volumes in the patient frame and what may be wrong with them."""
