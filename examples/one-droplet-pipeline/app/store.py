"""The object store, MinIO or any other that speaks S3: objects by their name, with requests that are signed (AWS signature, version 4)."""
import datetime
import hashlib
import hmac
import os
import urllib.parse
import urllib.request

REGION = os.environ.get("STORE_REGION", "us-east-1")


def put(name, body):
    ask("PUT", name, body).close()


def get(name):
    with ask("GET", name) as answer:
        return answer.read()


def ask(method, name, body=b""):
    address = f"{os.environ['STORE_URL']}/{os.environ.get('STORE_BUCKET', 'pictures')}/{urllib.parse.quote(name)}"
    headers = signed(method, urllib.parse.urlsplit(address), body, datetime.datetime.now(datetime.timezone.utc))
    request = urllib.request.Request(address, data=body if method == "PUT" else None, headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=5)


def signed(method, address, body, now):
    """The headers that prove who asks: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": address.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    names = ";".join(headers)
    asked = "\n".join([method, address.path, "", *(f"{key}:{value}" for key, value in headers.items()), "", names, digest])
    scope = f"{day}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(asked.encode()).hexdigest()])
    key = f"AWS4{os.environ.get('STORE_SECRET_KEY', '')}".encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    user = os.environ.get("STORE_ACCESS_KEY", "")
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, Signature={signature}"}
