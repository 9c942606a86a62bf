"""What footage exists: one row a segment while its hour is open, arrays per camera and hour once it has closed."""
