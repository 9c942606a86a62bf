"""camledger: custody, retention, access and proof for footage; one package per service over a shared kernel."""
