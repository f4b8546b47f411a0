// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.JsonObject;
import org.tidemark.testkit.gcs.Multipart.Part;

/** The operations of the API. Thread-safe. */
final class Api {
    private static final Pattern PATH =
            Pattern.compile("(/upload|/download)?/storage/v1/b/([^/]+)(?:/(o|iam/testPermissions)(?:/([^/]+))?)?");
    private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{1,18})-([0-9]{0,18})");
    /** "The service uses this parameter or 1,000 items, whichever is smaller." */
    private static final int MAX_RESULTS = 1000;
    /** "You shouldn't include more than 100 calls in a single batch request." */
    private static final int MAX_CALLS = 100;

    private static final String BOUNDARY = "batch_tidemark";

    private final boolean checksRoles;
    private final Path directory;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final Map<String, ResumableSession> sessions = new ConcurrentHashMap<>();

    /** @param directory for the contents of objects */
    Api(boolean checksRoles, Path directory) {
        this.checksRoles = checksRoles;
        this.directory = directory;
    }

    void create(Bucket bucket) {
        buckets.put(bucket.name(), bucket);
    }

    void expireSessions() {
        sessions.values().forEach(ResumableSession::expire);
    }

    /**
     * @throws IOException if the body of the call ends before it should: there is nobody to answer then
     * @throws Refusal if the call is refused
     */
    Answer answer(Call call) throws IOException {
        Optional<String> session = call.parameter("upload_id");
        if (session.isPresent()) {
            // A session URI is a credential of its own: who has it may go on with the upload.
            return Optional.ofNullable(sessions.get(session.get()))
                    .orElseThrow(() -> new Refusal(404, "notFound", "no such upload session"))
                    .put(call);
        }
        Role role = role(call);
        if (call.path().equals("/batch/storage/v1")) {
            return batch(call);
        }
        Matcher path = PATH.matcher(call.path());
        if (!path.matches()) {
            throw Refusal.notImplemented("the path " + call.path());
        }
        String bucket = Call.decoded(path.group(2));
        String object = path.group(4) == null ? "" : Call.decoded(path.group(4).replace("+", "%2B"));
        String operation = call.method() + " " + (path.group(1) == null ? "" : path.group(1))
                + (path.group(3) == null ? "" : "/" + path.group(3)) + (object.isEmpty() ? "" : "/NAME");
        return switch (operation) {
            case "GET " -> {
                role.require("storage.buckets.get");
                yield json(
                        call,
                        Map.of(
                                "name",
                                bucket,
                                "versioning",
                                Map.of("enabled", bucket(bucket).keepsVersions())));
            }
            case "GET /iam/testPermissions" -> testPermission(call, role, bucket);
            case "GET /o" -> list(call, role, bucket);
            case "GET /o/NAME", "GET /download/o/NAME" -> get(call, role, bucket, object);
            case "DELETE /o/NAME" -> {
                call.allow("generation", "ifGenerationMatch");
                role.require("storage.objects.delete");
                bucket(bucket).delete(object, call);
                yield Answer.empty(204);
            }
            case "POST /upload/o" -> insert(call, role, bucket);
            default -> throw Refusal.notImplemented(call.method() + " of " + call.path());
        };
    }

    /** The role of the caller, by its bearer token; where roles are not checked, everybody may do everything. */
    private Role role(Call call) {
        if (!checksRoles) {
            return Role.ADMIN;
        }
        return Arrays.stream(Role.values())
                .filter(role -> call.header("authorization").equals(Optional.of("Bearer " + role.token())))
                .findFirst()
                .orElseThrow(() -> new Refusal(401, "authError", "Invalid Credentials"));
    }

    private Bucket bucket(String name) {
        return Optional.ofNullable(buckets.get(name))
                .orElseThrow(() -> new Refusal(404, "notFound", "The specified bucket does not exist."));
    }

    private static Answer json(Call call, Map<String, Object> value) {
        return Answer.json(
                200,
                call.parameter("fields")
                        .map(fields -> Fields.select(fields, value))
                        .orElse(value));
    }

    /** Whether the caller has one permission; this needs none. */
    private Answer testPermission(Call call, Role role, String bucket) {
        call.allow("permissions");
        bucket(bucket);
        List<String> granted =
                call.parameter("permissions").filter(role::has).stream().toList();
        return json(call, Map.of("permissions", granted));
    }

    private Answer list(Call call, Role role, String bucketName) {
        call.allow("prefix", "startOffset", "pageToken", "maxResults", "versions", "softDeleted");
        role.require("storage.objects.list");
        Bucket bucket = bucket(bucketName);
        long max = Math.min(call.number("maxResults").orElse(MAX_RESULTS), MAX_RESULTS);
        String prefix = call.parameter("prefix").orElse("");
        String start = call.parameter("startOffset").orElse("");
        String first = Bucket.compare(start, prefix) > 0 ? start : prefix;
        List<Object> items = new ArrayList<>();
        Map<String, Object> json = new LinkedHashMap<>(Map.of("kind", "storage#objects"));
        if (call.parameter("softDeleted").equals(Optional.of("true"))) {
            // No bucket here keeps deleted objects in this way.
            return json(call, json);
        }
        boolean versions = call.parameter("versions").equals(Optional.of("true"));
        String next = call.parameter("pageToken").map(Api::position).orElse(first);
        while (true) {
            List<StoredObject> objects = versions
                    ? bucket.generationsFrom(next)
                    : bucket.from(next).stream().toList();
            if (objects.isEmpty() || !objects.getFirst().name().startsWith(prefix)) {
                break;
            }
            String name = objects.getFirst().name();
            if (!items.isEmpty() && items.size() + objects.size() > max) {
                json.put("nextPageToken", Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8)));
                break;
            }
            objects.forEach(each -> items.add(each.json(Optional.empty())));
            next = name + '\0';
        }
        if (!items.isEmpty()) {
            json.put("items", items);
        }
        return json(call, json);
    }

    private static String position(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.invalid("invalid value for pageToken: '" + token + "'");
        }
    }

    /** With alt=media the data, otherwise the metadata. */
    private Answer get(Call call, Role role, String bucket, String name) throws IOException {
        call.allow("generation", "ifGenerationMatch");
        role.require("storage.objects.get");
        StoredObject object = bucket(bucket).get(name, call);
        Optional<EncryptionKey> key = EncryptionKey.of(call);
        if (call.parameter("alt").equals(Optional.of("media"))) {
            EncryptionKey.check(key, object.key());
            return media(call, object);
        }
        return json(call, object.json(key)).with("ETag", object.etag());
    }

    private static Answer media(Call call, StoredObject object) throws IOException {
        long size = object.content().size();
        Matcher range = RANGE.matcher(call.header("range").orElse("bytes=0-"));
        if (!range.matches()) {
            throw Refusal.notImplemented("the range " + call.header("range").orElse(""));
        }
        long from = Long.parseLong(range.group(1));
        long last = range.group(2).isEmpty() ? size - 1 : Math.min(Long.parseLong(range.group(2)), size - 1);
        boolean partial = call.header("range").isPresent();
        if (partial && from > last) {
            throw new Refusal(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.");
        }
        InputStream body;
        try {
            body = object.content().open(from);
        } catch (NoSuchFileException e) {
            throw new Refusal(404, "notFound", "No such object: " + object.bucket() + "/" + object.name());
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/octet-stream");
        headers.put("ETag", object.etag());
        headers.put("x-goog-generation", Long.toString(object.generation()));
        headers.put("x-goog-metageneration", "1");
        headers.put("x-goog-hash", "crc32c=" + object.content().crc32c());
        headers.put("x-goog-stored-content-encoding", "identity");
        headers.put("x-goog-stored-content-length", Long.toString(size));
        if (partial) {
            headers.put("Content-Range", "bytes " + from + "-" + last + "/" + size);
        }
        return new Answer(partial ? 206 : 200, headers, last + 1 - from, body);
    }

    /** Takes an object in one request (multipart), or begins to take it in several (resumable). */
    private Answer insert(Call call, Role role, String bucketName) throws IOException {
        call.allow("uploadType", "name", "kmsKeyName", "ifGenerationMatch");
        role.require("storage.objects.create");
        Bucket bucket = bucket(bucketName);
        boolean ifAbsent = call.parameter("ifGenerationMatch").isPresent();
        if (ifAbsent && !call.parameter("ifGenerationMatch").equals(Optional.of("0"))) {
            throw Refusal.notImplemented("an upload that replaces one generation");
        }
        return switch (call.parameter("uploadType").orElse("")) {
            case "multipart" -> {
                List<Part> parts = Multipart.parts(
                        call.body().readAllBytes(), call.header("content-type").orElse(""));
                if (parts.size() != 2) {
                    throw Refusal.invalid("an upload has two parts: its metadata and its data");
                }
                Content.Writer writer = new Content.Writer(directory);
                byte[] data = parts.get(1).bytes();
                writer.write(data, 0, data.length);
                Content content = writer.finish();
                content.check(call.announced());
                yield json(call, made(call, role, bucket, Call.json(parts.get(0).bytes()), content, ifAbsent));
            }
            case "resumable" -> {
                JsonObject json = call.json();
                String id = UUID.randomUUID().toString();
                sessions.put(
                        id,
                        new ResumableSession(
                                new Content.Writer(directory),
                                content -> made(call, role, bucket, json, content, ifAbsent)));
                String target = call.path() + "?" + call.query() + "&upload_id=" + id;
                yield Answer.empty(200)
                        .with("Location", "http://" + call.header("host").orElse("localhost") + target);
            }
            default -> throw Refusal.notImplemented("this type of upload");
        };
    }

    private static Map<String, Object> made(
            Call call, Role role, Bucket bucket, JsonObject json, Content content, boolean ifAbsent) {
        StoredObject made = bucket.put(StoredObject.requested(bucket.name(), call, json, content), role, ifAbsent);
        return made.json(made.key());
    }

    /**
     * Answers several deletions in one request.
     *
     * @see <a href="https://cloud.google.com/storage/docs/batch">Sending batch requests</a>
     */
    private Answer batch(Call batch) throws IOException {
        List<Part> parts = Multipart.parts(
                batch.body().readAllBytes(), batch.header("content-type").orElse(""));
        if (parts.isEmpty() || parts.size() > MAX_CALLS) {
            throw Refusal.invalid("a batch has at least one call, and at most " + MAX_CALLS);
        }
        StringBuilder answers = new StringBuilder();
        for (Part part : parts) {
            Answer one = one(batch, part);
            answers.append("--" + BOUNDARY + "\r\nContent-Type: application/http\r\nContent-ID: ")
                    .append(part.headers().getOrDefault("content-id", "").replaceFirst("^<", "<response-"))
                    .append("\r\n\r\nHTTP/1.1 ")
                    .append(one.status())
                    .append(" Status\r\n");
            one.headers().forEach((name, value) -> answers.append(name + ": " + value + "\r\n"));
            answers.append("Content-Length: ")
                    .append(one.length())
                    .append("\r\n\r\n")
                    .append(new String(one.body().readAllBytes(), StandardCharsets.UTF_8))
                    .append("\r\n");
        }
        return Answer.text(200, "multipart/mixed; boundary=" + BOUNDARY, answers + "--" + BOUNDARY + "--\r\n");
    }

    private Answer one(Call batch, Part part) throws IOException {
        try {
            List<String> lines =
                    new String(part.bytes(), StandardCharsets.UTF_8).lines().toList();
            String[] first = lines.isEmpty() ? new String[0] : lines.getFirst().split(" ");
            if (first.length < 2 || !first[0].equals("DELETE")) {
                throw Refusal.notImplemented("other calls of a batch than deletions");
            }
            Map<String, String> headers = Multipart.headers(lines.subList(1, lines.size()));
            batch.header("authorization").ifPresent(value -> headers.putIfAbsent("authorization", value));
            String target = first[1].replaceFirst("^https?://[^/]+", "");
            return answer(Call.of(first[0], target, headers, InputStream.nullInputStream()));
        } catch (Refusal e) {
            return e.answer();
        }
    }
}
