# The specification's Flask example, unchanged but for the indentation that its page lost, with what it leaves to its reader.
import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import hmac
import hashlib
import time
import json
def verify_webhook_signature(payload, signature, secret, timestamp):
    # Check timestamp
    current_time = int(time.time())
    webhook_time = int(timestamp)
    if abs(current_time - webhook_time) > 300: # Valid within 5 minutes
        raise ValueError("Webhook timestamp too old")
    # Verify signature
    expected_signature = hmac.new(
        secret.encode('utf-8'),
        f"{timestamp}.{payload}".encode('utf-8'),
        hashlib.sha256
    ).hexdigest()
    actual_signature = signature.replace('sha256=', '')
    if not hmac.compare_digest(expected_signature, actual_signature):
        raise ValueError("Invalid webhook signature")
    return True
# Flask example
from flask import Flask, request, jsonify

app = Flask(__name__)
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]

def handle_webhook_event(event):
    print(json.dumps({"id": event["id"], "type": event["type"]}), flush=True)

@app.route('/webhooks/smartcv', methods=['POST'])
def handle_webhook():
    payload = request.get_data(as_text=True)
    signature = request.headers.get('X-SmartCV-Signature')
    timestamp = request.headers.get('X-SmartCV-Timestamp')
    try:
        verify_webhook_signature(payload, signature, WEBHOOK_SECRET, timestamp)
        event = json.loads(payload)
        handle_webhook_event(event)
        return jsonify({'status': 'success'}), 200
    except ValueError as e:
        return jsonify({'error': str(e)}), 400


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
print(f"listening {server.server_port}", flush=True)
server.serve_forever()
