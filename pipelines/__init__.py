"""Ingestion and orchestration: logs in, published warehouse out."""
