"""orview: patient models on the patient. Research use only, not a medical device."""

__version__ = "0.1.0"
