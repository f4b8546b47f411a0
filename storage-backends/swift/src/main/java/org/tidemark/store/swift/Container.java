// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.http.HttpRequest;
import java.util.Optional;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/** The container of a store: requests to it with a token that counts. Thread-safe. */
final class Container implements AutoCloseable {
    private final String name;
    private final SwiftErrors errors;
    private final BoundedHttp http;
    private final Sessions sessions;
    private final TimeLimits limits;

    Container(SwiftConfig config, ElapsedTime time) {
        this.name = config.container();
        this.errors = new SwiftErrors(
                config.description(), config.container(), config.credentials().who());
        this.http = new BoundedHttp(config.network());
        this.limits = config.network().limits();
        Login login = new Login(config.credentials(), config.storageUrl(), http, errors);
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

    /** The path of an object, as requests, manifests and bulk deletions name it. */
    String path(String object) {
        return "/" + name + "/" + object;
    }

    /**
     * Sends a request, and once more with a new token if the store refuses the old one. The caller closes the answer.
     *
     * @param about the object or prefix that messages name
     */
    Answer send(SwiftRequest request, Operation operation, String about) throws StorageException {
        try {
            // Before a token is asked for, whose messages know nothing of the object.
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted before a request was sent");
            }
            Session session = sessions.current();
            Answer answer = send(request, session);
            if (answer.status() != 401) {
                return answer;
            }
            answer.close();
            return send(request, sessions.insteadOf(session));
        } catch (IOException e) {
            throw errors.of(operation, about, e);
        }
    }

    private Answer send(SwiftRequest request, Session session) throws IOException {
        HttpRequest.Builder builder = request.in(session);
        return request.body().isPresent()
                ? http.send(builder, request.method(), request.body().get())
                : http.send(builder.method(request.method(), HttpRequest.BodyPublishers.noBody())
                        .build());
    }

    /** What the store has of an object; empty if it has the container and not the object. */
    Optional<StoredObject> head(Operation operation, String object) throws StorageException {
        return head(operation, object, SwiftRequest.of("HEAD", path(object)));
    }

    /** As {@link #head}, of the newest of all replicas: the others may not know yet of what was just written. */
    Optional<StoredObject> headNewest(Operation operation, String object) throws StorageException {
        return head(operation, object, SwiftRequest.of("HEAD", path(object), "X-Newest", "true"));
    }

    private Optional<StoredObject> head(Operation operation, String object, SwiftRequest request)
            throws StorageException {
        try (Answer answer = send(request, operation, object)) {
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

    /** Throws if the container is not there: what it lacks would be no answer. */
    void require(Operation operation, String about) throws StorageException {
        // Not HEAD: Swift answers it with 204 and a Transfer-Encoding, which the JDK's client takes for an error.
        try (Answer answer = send(SwiftRequest.of("GET", listing() + "&limit=1"), operation, about)) {
            if (answer.status() != 200 && answer.status() != 204) {
                throw errors.refused(operation, about, answer.status());
            }
        }
    }

    /** The beginning of a listing's target; more of the query follows. */
    String listing() {
        return "/" + name + "?format=json";
    }

    @Override
    public void close() {
        http.close();
    }
}
