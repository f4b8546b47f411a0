// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the operation that a request is for. Thread-safe. */
final class Api {
    private final Map<String, Set<Right>> tokens;
    private final Buckets buckets;
    private final Uploads uploads;
    private final ObjectReads reads;
    private final ObjectList lists;

    Api(Map<String, Set<Right>> tokens, Buckets buckets, Uploads uploads) {
        this.tokens = Map.copyOf(tokens);
        this.buckets = buckets;
        this.uploads = uploads;
        this.reads = new ObjectReads(buckets);
        this.lists = new ObjectList(buckets);
    }

    /** @throws IOException if the body of the request ends before it should: there is nobody to answer then */
    ApiResponse answer(ApiRequest request) throws IOException {
        try {
            Optional<String> session =
                    request.path().getFirst().equals("upload") ? request.query().text("upload_id") : Optional.empty();
            if (session.isPresent()) {
                return session(request, session.get());
            }
            Caller caller = Caller.of(request.header("authorization"), tokens);
            checkAlt(request);
            if (request.path().getFirst().equals("batch")) {
                return batch(request);
            }
            return selected(request, call(request, caller));
        } catch (ApiError e) {
            return e.response();
        }
    }

    private ApiResponse session(ApiRequest request, String id) throws IOException {
        return switch (request.method()) {
            case "PUT", "POST" -> uploads.resume(request, id);
            case "DELETE" -> uploads.cancel(id);
            default -> throw methodNotAllowed(request);
        };
    }

    private ApiResponse batch(ApiRequest request) throws IOException {
        if (!request.method().equals("POST") || !request.path().equals(List.of("batch", "storage", "v1"))) {
            throw ApiError.notImplemented(request.method() + " of /" + String.join("/", request.path()));
        }
        return new Batches(call -> {
                    try {
                        return answer(call);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .run(request);
    }

    private ApiResponse call(ApiRequest request, Caller caller) throws IOException {
        List<String> path = request.path();
        String method = request.method();
        String first = path.getFirst();
        boolean plain = first.equals("storage");
        List<String> rest = path.subList(plain ? 0 : 1, path.size());
        if (rest.size() < 3 || !rest.subList(0, 3).equals(List.of("storage", "v1", "b"))) {
            throw ApiError.notImplemented("the path /" + String.join("/", path));
        }
        List<String> names = rest.subList(3, rest.size());
        return switch (first + " " + method + " " + shape(names)) {
            case "storage GET B/iam/testPermissions" -> buckets.testPermissions(request, names.get(0), caller);
            case "storage GET B/o" -> lists.list(request, names.get(0), caller);
            case "storage GET B/o/O" -> reads.get(request, names.get(0), names.get(2), caller);
            case "download GET B/o/O" -> {
                if (!request.query().text("alt").equals(Optional.of("media"))) {
                    throw ApiError.of(400, "notDownload", "a /download path needs alt=media");
                }
                yield reads.get(request, names.get(0), names.get(2), caller);
            }
            case "storage DELETE B/o/O" -> {
                request.query().allow("generation", "ifGenerationMatch");
                caller.require(Right.DELETE);
                buckets.require(names.get(0))
                        .delete(names.get(2), request.query().number("generation"), request.preconditions());
                yield ApiResponse.empty(204);
            }
            case "upload POST B/o" -> uploads.insert(request, names.get(0), caller);
            case "storage POST B/o" ->
                throw ApiError.of(400, "wrongUrlForUpload", "an upload has to go to /upload/storage/v1/b/bucket/o");
            default -> throw ApiError.notImplemented(method + " of /" + String.join("/", path));
        };
    }

    /** The path with a letter for each name in it. */
    private static String shape(List<String> names) {
        StringBuilder shape = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            boolean object = i == 2 && names.get(1).equals("o");
            shape.append(i == 0 ? "" : "/").append(i == 0 ? "B" : object ? "O" : names.get(i));
        }
        return shape.toString();
    }

    private static void checkAlt(ApiRequest request) {
        String alt = request.query().text("alt").orElse("json");
        boolean media = alt.equals("media") && request.method().equals("GET");
        if (!alt.equals("json") && !media) {
            throw ApiError.of(400, "invalidAltValue", "Invalid value for alt: '" + alt + "'");
        }
    }

    private static ApiResponse selected(ApiRequest request, ApiResponse response) {
        Optional<String> fields = request.query().text("fields");
        boolean json = response.headers().getOrDefault("Content-Type", "").startsWith("application/json");
        if (fields.isEmpty() || response.status() != 200 || !json) {
            return response;
        }
        if (!(response.body() instanceof ApiResponse.Body.Text(String text))) {
            // An object's data, whose type happens to be JSON.
            return response;
        }
        Map<String, Object> all = Json.parseObject(text);
        ApiResponse part = ApiResponse.json(200, Fields.parse(fields.get()).of(all));
        return new ApiResponse(200, response.headers(), part.body());
    }

    private static ApiError methodNotAllowed(ApiRequest request) {
        return ApiError.of(405, "methodNotAllowed", "Method Not Allowed: " + request.method());
    }
}
