"""PostgreSQL, which may come later than this process."""
import os
import threading

import psycopg2.pool

CONNECTIONS = 8
pool = None
opening = threading.Lock()
free = threading.BoundedSemaphore(CONNECTIONS)


def connections():
    global pool
    with opening:
        if pool is None:
            pool = psycopg2.pool.ThreadedConnectionPool(CONNECTIONS, CONNECTIONS, os.environ["DATABASE_URL"], connect_timeout=3)
        return pool


def ask(sql, *values):
    """Rows of what returns some, else None."""
    with free:
        connection = connections().getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connections().putconn(connection, close=connection.closed != 0)
