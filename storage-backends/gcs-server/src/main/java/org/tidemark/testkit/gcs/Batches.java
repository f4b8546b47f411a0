// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Several calls in one request. Uploads and downloads cannot be among them.
 *
 * @see <a href="https://cloud.google.com/storage/docs/batch">Sending batch requests</a>
 */
final class Batches {
    private static final int MAX_CALLS = 100;
    private static final int MAX_BODY_BYTES = 10 * 1024 * 1024;
    private static final String BOUNDARY = "batch_tidemark";

    private final Function<ApiRequest, ApiResponse> calls;

    Batches(Function<ApiRequest, ApiResponse> calls) {
        this.calls = calls;
    }

    ApiResponse run(ApiRequest batch) throws IOException {
        batch.query().allow();
        String type = batch.header("content-type").orElse("");
        if (!type.startsWith("multipart/mixed")) {
            throw ApiError.parseError("a batch needs multipart/mixed, not '" + type + "'");
        }
        byte[] body = batch.body().readNBytes(MAX_BODY_BYTES + 1);
        if (body.length > MAX_BODY_BYTES) {
            throw ApiError.invalid("a batch of more than 10 MB");
        }
        MultipartReader parts = new MultipartReader(new ByteArrayInputStream(body), type);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        int count = 0;
        while (parts.next()) {
            if (++count > MAX_CALLS) {
                throw ApiError.invalid("a batch of more than " + MAX_CALLS + " calls");
            }
            Map<String, String> partHeaders = parts.headers();
            if (!partHeaders.getOrDefault("content-type", "").startsWith("application/http")) {
                throw ApiError.parseError("a part of a batch has to be application/http");
            }
            ApiResponse one = call(batch, parts.part().readAllBytes());
            write(answer, partHeaders.get("content-id"), one);
        }
        if (count == 0) {
            throw ApiError.parseError("the batch has no calls");
        }
        answer.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        return new ApiResponse(
                200,
                Map.of("Content-Type", "multipart/mixed; boundary=" + BOUNDARY),
                new ApiResponse.Body.Text(answer.toString(StandardCharsets.UTF_8)));
    }

    /** The headers of the batch hold for each call, but for those of its content. */
    private ApiResponse call(ApiRequest batch, byte[] http) throws IOException {
        try {
            int end = headEnd(http);
            String[] lines = new String(http, 0, end, StandardCharsets.UTF_8).split("\r?\n", -1);
            String[] first = lines[0].split(" ", -1);
            if (first.length < 2) {
                throw ApiError.parseError("not a request line: '" + lines[0] + "'");
            }
            Map<String, String> headers = new LinkedHashMap<>();
            batch.headers().forEach((name, value) -> {
                if (!name.startsWith("content-") && !name.equals("transfer-encoding")) {
                    headers.put(name, value);
                }
            });
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                if (colon > 0) {
                    headers.put(
                            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                            lines[i].substring(colon + 1).strip());
                }
            }
            String target = first[1].replaceFirst("^https?://[^/]+", "");
            if (!target.startsWith("/storage/v1/") || target.contains("alt=media")) {
                throw ApiError.invalid("only calls of the JSON API, without data, can be in a batch: '" + target + "'");
            }
            return calls.apply(
                    ApiRequest.of(first[0], target, headers, new ByteArrayInputStream(http, end, http.length - end)));
        } catch (ApiError e) {
            return e.response();
        }
    }

    private static int headEnd(byte[] http) {
        String text = new String(http, StandardCharsets.ISO_8859_1);
        int crlf = text.indexOf("\r\n\r\n");
        return crlf >= 0 ? crlf + 4 : text.length();
    }

    private static void write(ByteArrayOutputStream out, @Nullable String contentId, ApiResponse one) {
        if (!(one.body() instanceof ApiResponse.Body.Text text)) {
            throw new IllegalStateException("data in a batch");
        }
        byte[] bytes = text.bytes();
        StringBuilder head = new StringBuilder("--" + BOUNDARY + "\r\nContent-Type: application/http\r\n");
        if (contentId != null) {
            head.append("Content-ID: ")
                    .append(contentId.replaceFirst("^<", "<response-"))
                    .append("\r\n");
        }
        head.append("\r\nHTTP/1.1 ").append(one.status()).append(" Status\r\n");
        one.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        head.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        out.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
        out.writeBytes(bytes);
        out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
}
