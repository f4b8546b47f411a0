// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Between the JDK's HTTP server and the API. Thread-safe. */
final class HttpCalls implements HttpHandler {
    private static final System.Logger LOG = System.getLogger(HttpCalls.class.getName());
    private static final int BUFFER_BYTES = 64 * 1024;

    private final Api api;

    HttpCalls(Api api) {
        this.api = api;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            InputStream body = new WholeBody(exchange);
            Answer answer = answer(exchange, body);
            // A client that is still sending would otherwise see its connection reset, and no answer.
            body.transferTo(OutputStream.nullOutputStream());
            send(exchange, answer);
        }
    }

    private Answer answer(HttpExchange exchange, InputStream body) throws IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, String.join(",", values)));
        try {
            String target = exchange.getRequestURI().toString();
            return api.answer(Call.of(exchange.getRequestMethod(), target, headers, body));
        } catch (Refusal e) {
            return e.answer();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a defect of this server, at " + exchange.getRequestURI(), e);
            return new Refusal(500, "internalError", "a defect of this server: " + e).answer();
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        try (InputStream in = answer.body()) {
            exchange.sendResponseHeaders(answer.status(), answer.length() == 0 ? -1 : answer.length());
            byte[] buffer = new byte[BUFFER_BYTES];
            long left = answer.length();
            while (left > 0) {
                int count = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
                if (count == 0) {
                    throw new IOException("the file of an object is shorter than the object");
                }
                exchange.getResponseBody().write(buffer, 0, count);
                left -= count;
            }
        }
    }

    /** The JDK's stream ends without a word where a connection breaks; this one does not. */
    private static final class WholeBody extends FilterInputStream {
        private long left;

        WholeBody(HttpExchange exchange) {
            super(exchange.getRequestBody());
            this.left = Long.parseLong(
                    Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-length"))
                            .orElse("-1"));
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            int read = super.read(bytes, offset, count);
            if (read < 0 && left > 0) {
                throw new IOException("the connection broke with " + left + " bytes of the body missing");
            }
            left -= Math.max(read, 0);
            return read;
        }
    }
}
