// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.math.BigDecimal;
import java.net.http.HttpRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.swift.Sessions.Session;

/** Sends requests to the container of a store, with a valid token. Thread-safe. */
final class SwiftContainer implements AutoCloseable {
    private final String name;
    private final SwiftErrors errors;
    private final BoundedHttp http;
    private final Sessions sessions;
    private final TimeLimits limits;

    SwiftContainer(SwiftConfig config, ElapsedTime time) {
        this.name = config.container();
        this.errors = new SwiftErrors(
                config.description(), config.container(), config.credentials().who());
        this.http = new BoundedHttp(config.network());
        this.limits = config.network().limits();
        SwiftLogin login = new SwiftLogin(config.credentials(), config.storageUrl(), http, errors);
        this.sessions = new Sessions(login, errors, time, limits);
    }

    SwiftErrors errors() {
        return errors;
    }

    TimeLimits limits() {
        return limits;
    }

    Sessions sessions() {
        return sessions;
    }

    /** The path of an object in requests and bulk deletions. */
    String path(String object) {
        return "/" + name + "/" + object;
    }

    /**
     * Sends a request, and repeats it with a new token if the store refuses the old one. The caller closes the answer.
     *
     * @param about the object or prefix, for messages
     */
    SwiftAnswer send(SwiftRequest request, Operation operation, String about) throws StorageException {
        try {
            // Checked before the login, whose messages do not name the object.
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted before a request was sent");
            }
            Session session = sessions.current();
            SwiftAnswer answer = send(request, session);
            if (answer.status() != 401) {
                return answer;
            }
            answer.close();
            return send(request, sessions.insteadOf(session));
        } catch (IOException e) {
            throw errors.of(operation, about, e);
        }
    }

    private SwiftAnswer send(SwiftRequest request, Session session) throws IOException {
        HttpRequest.Builder builder = request.in(session);
        return request.body().isPresent()
                ? http.send(builder, request.method(), request.body().get())
                : http.send(builder.method(request.method(), HttpRequest.BodyPublishers.noBody())
                        .build());
    }

    /** Looks up an object; empty if the container exists and the object does not. */
    Optional<StoredObject> head(Operation operation, String object) throws StorageException {
        return head(operation, object, SwiftRequest.of("HEAD", path(object)));
    }

    /** Does the same as {@link #head} for the newest replica: other replicas may not have a new object yet. */
    Optional<StoredObject> headNewest(Operation operation, String object) throws StorageException {
        return head(operation, object, SwiftRequest.of("HEAD", path(object), "X-Newest", "true"));
    }

    private Optional<StoredObject> head(Operation operation, String object, SwiftRequest request)
            throws StorageException {
        try (SwiftAnswer answer = send(request, operation, object)) {
            if (answer.status() == 404) {
                require(operation, object);
                return Optional.empty();
            }
            if (answer.status() != 200 && answer.status() != 204) {
                throw errors.refused(operation, object, answer.status());
            }
            return Optional.of(StoredObject.of(answer)
                    .orElseThrow(() -> errors.unavailable(operation, object, "the answer has no length or no time")));
        }
    }

    /** Throws if the container does not exist, in which case nothing is known about its objects. */
    void require(Operation operation, String about) throws StorageException {
        // Not HEAD: Swift answers it with 204 and a Transfer-Encoding, which is an error for the JDK's client.
        try (SwiftAnswer answer = send(SwiftRequest.of("GET", listing() + "&limit=1"), operation, about)) {
            if (answer.status() != 200 && answer.status() != 204) {
                throw errors.refused(operation, about, answer.status());
            }
        }
    }

    /** The target of a listing, to which more parameters can be added. */
    String listing() {
        return "/" + name + "?format=json";
    }

    @Override
    public void close() {
        http.close();
    }

    /**
     * The description of an object. Immutable.
     *
     * @param etag the digest of the object
     * @param stored in units of 10 microseconds, as in listings
     */
    record StoredObject(long sizeBytes, String etag, Instant stored) {
        /** Empty if the answer is incomplete. */
        static Optional<StoredObject> of(SwiftAnswer head) {
            OptionalLong size = head.headers().firstValueAsLong("Content-Length");
            Optional<Instant> stored = stored(head);
            return size.isPresent() && stored.isPresent()
                    ? Optional.of(new StoredObject(size.getAsLong(), head.etag(), stored.get()))
                    : Optional.empty();
        }

        private static Optional<Instant> stored(SwiftAnswer head) {
            try {
                return head.header("X-Timestamp")
                        .map(StoredObject::timestamp)
                        .or(() -> head.header("Last-Modified")
                                .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                        .toInstant()));
            } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
                return Optional.empty();
            }
        }

        /** Parses seconds since 1970 with five decimal places. */
        private static Instant timestamp(String text) {
            BigDecimal nanos = new BigDecimal(text).movePointRight(9);
            return Instant.ofEpochSecond(0, nanos.longValueExact());
        }
    }
}
