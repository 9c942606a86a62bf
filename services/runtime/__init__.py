"""The shared shell of every service: Kafka, Postgres, outbox, telemetry, settings, embedded mode. Never decides."""
