"""The simulated operating room: a phantom patient with known truth, and a camera that films it."""
