"""Pages of whoever runs the platform: accounts, clients, audit, health, settings."""
