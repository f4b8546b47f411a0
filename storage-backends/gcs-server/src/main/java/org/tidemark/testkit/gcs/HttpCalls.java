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
import java.util.zip.GZIPInputStream;

/** Between the JDK's HTTP server and the API. Thread-safe. */
final class HttpCalls implements HttpHandler {
    private static final System.Logger LOG = System.getLogger(HttpCalls.class.getName());

    private final Api api;

    HttpCalls(Api api) {
        this.api = api;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            InputStream body = body(exchange);
            ApiResponse response;
            try {
                response = api.answer(request(exchange, body));
            } catch (ApiError e) {
                response = e.response();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "a defect of this server, at " + exchange.getRequestURI(), e);
                response = ApiError.of(500, "internalError", "a defect of this server: " + e)
                        .response();
            }
            // A client that is still sending would otherwise see its connection reset, and no answer.
            body.transferTo(OutputStream.nullOutputStream());
            send(exchange, response);
        }
    }

    private static ApiRequest request(HttpExchange exchange, InputStream body) throws IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, String.join(",", values)));
        boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
        if (zipped) {
            // The length is that of the zipped body, and says nothing of what is read.
            headers.remove("Content-length");
        }
        return ApiRequest.of(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                headers,
                zipped ? new GZIPInputStream(body) : body);
    }

    /** The JDK's stream ends without a word where a connection breaks; this one does not. */
    private static InputStream body(HttpExchange exchange) {
        String length = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-length"))
                .orElse("-1");
        return new WholeBody(exchange.getRequestBody(), Long.parseLong(length));
    }

    private static void send(HttpExchange exchange, ApiResponse response) throws IOException {
        response.headers()
                .forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        switch (response.body()) {
            case ApiResponse.Body.Text text -> {
                byte[] bytes = text.bytes();
                exchange.sendResponseHeaders(response.status(), bytes.length == 0 ? -1 : bytes.length);
                exchange.getResponseBody().write(bytes);
            }
            case ApiResponse.Body.Part(Content content, long from, long count) -> {
                try {
                    exchange.sendResponseHeaders(response.status(), count == 0 ? -1 : count);
                    content.copyTo(exchange.getResponseBody(), from, count);
                } finally {
                    content.release();
                }
            }
        }
    }

    private static final class WholeBody extends FilterInputStream {
        private long left;

        WholeBody(InputStream in, long length) {
            super(in);
            this.left = length;
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
