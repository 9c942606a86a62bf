"""How footage comes in: looked at, judged, hashed, stored, catalogued, or refused with a reason."""
