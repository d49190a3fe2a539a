import type { Migrating } from '../../lab/stack/migrating.ts'

/** FastAPI with Alembic (`web`) and Django (`shop`) on one PostgreSQL. */
export const projectOf = ({ stack }: Migrating): string => `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: "p@ss:w%rd" }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 5s }
    restart: unless-stopped
  web:
    image: ${stack.address}/migrating
    working_dir: /srv/fastapi-alembic
    command: uvicorn main:app --host 0.0.0.0 --port 8000 --no-access-log
    environment: &url { DATABASE_URL: "postgresql://notes:p%40ss%3Aw%25rd@db:5432/notes" }
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 5s }
    restart: unless-stopped
  shop:
    image: ${stack.address}/migrating
    working_dir: /srv/django-shop
    command: gunicorn wsgi:application --bind 0.0.0.0:8001 --workers 1 --threads 8
    environment: *url
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8001/health')"], interval: 5s }
    restart: unless-stopped
volumes: { data: }
`
