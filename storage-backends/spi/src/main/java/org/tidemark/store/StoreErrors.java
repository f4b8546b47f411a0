// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.store.BoundedCall.TooSlow;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Makes the exceptions of a store: all say in the same way what failed, for which key and in which store. A store only
 * classifies what its library or its server reports. Each message is without a secret. Thread-safe.
 */
public abstract class StoreErrors {
    private static final int MAX_SHOWN_CHARACTERS = 300;

    private final String store;

    /** @param store the store's address without any secret */
    protected StoreErrors(String store) {
        this.store = store;
    }

    /** The kinds of {@link StorageException}: what the caller does next. */
    public enum Kind {
        EXISTS,
        MISSING,
        DENIED,
        FULL,
        UNAVAILABLE
    }

    /**
     * The meaning of an error. Immutable.
     *
     * @param detail what went wrong, for the end of the message; unused for {@code EXISTS} and {@code MISSING}
     * @param hint what the operator can do; null if the cause is unknown
     * @param cause null if there is none, or if its trace would show a secret
     */
    public record Failure(
            Kind kind,
            String detail,
            @Nullable String hint,
            @Nullable Throwable cause) {
        public static final Failure EXISTS = new Failure(Kind.EXISTS, "", null, null);
        public static final Failure MISSING = new Failure(Kind.MISSING, "", null, null);

        public static Failure denied(String detail) {
            return new Failure(Kind.DENIED, detail, null, null);
        }

        public static Failure full(String detail) {
            return new Failure(Kind.FULL, detail, null, null);
        }

        public static Failure unavailable(String detail) {
            return new Failure(Kind.UNAVAILABLE, detail, null, null);
        }

        public Failure hint(@Nullable String text) {
            return new Failure(kind, detail, text, cause);
        }

        public Failure cause(Throwable error) {
            return new Failure(kind, detail, hint, error);
        }
    }

    /** Whether an HTTP status says that the same request would fail again; 408 and 429 ask for it later. */
    protected static boolean isRefusal(int status) {
        return status >= 400 && status < 500 && status != 408 && status != 429;
    }

    /**
     * Classifies an error of the library or of the server that is not a {@link StorageException}, interrupt or time
     * limit.
     */
    protected abstract Failure classify(Operation operation, Throwable error);

    public final String description() {
        return store;
    }

    /**
     * The exception to throw. If a {@link StorageException} caused the error, it is returned unchanged. An interrupt
     * sets the flag of this thread again.
     *
     * @param key of the object, the beginning of keys, or empty
     */
    public final StorageException of(Operation operation, String key, Throwable error) {
        Optional<StorageException> classified = find(error, StorageException.class);
        if (classified.isPresent()) {
            return classified.get();
        }
        if (error instanceof InterruptedException) {
            return interrupted(operation, key);
        }
        if (error instanceof TooSlow) {
            return unavailable(operation, key, String.valueOf(error.getMessage()));
        }
        Failure failure = classify(operation, error);
        boolean isProblem = failure.kind() == Kind.DENIED || failure.kind() == Kind.UNAVAILABLE;
        return of(
                operation,
                key,
                (isProblem ? NetworkCause.expired(error) : Optional.<String>empty())
                        .map(expired -> Failure.denied(expired)
                                .hint("Renew the certificate on the server.")
                                .cause(error))
                        .orElse(failure));
    }

    public final StorageException of(Operation operation, String key, Failure failure) {
        String message = operation.failure(key, store) + failure.detail();
        return switch (failure.kind()) {
            case EXISTS -> new ObjectExists(new ObjectKey(key), store);
            case MISSING -> new ObjectMissing(new ObjectKey(key), store);
            case DENIED -> new StorageDenied(message, failure.hint(), failure.cause());
            case FULL -> new StorageFull(message, failure.hint(), failure.cause());
            case UNAVAILABLE -> new StorageUnavailable(message, failure.hint(), failure.cause());
        };
    }

    public final ObjectExists exists(ObjectKey key) {
        return new ObjectExists(key, store);
    }

    public final ObjectMissing missing(ObjectKey key) {
        return new ObjectMissing(key, store);
    }

    public final StorageDenied denied(Operation operation, String key, String detail) {
        return new StorageDenied(operation.failure(key, store) + detail, null);
    }

    public final StorageUnavailable unavailable(Operation operation, String key, String detail) {
        return new StorageUnavailable(operation.failure(key, store) + detail, null);
    }

    public final StorageUnavailable unavailable(Operation operation, String key, String detail, Throwable cause) {
        return new StorageUnavailable(operation.failure(key, store) + detail, cause);
    }

    /** Sets the interrupt flag of this thread again. */
    public final StorageUnavailable interrupted(Operation operation, String key) {
        Thread.currentThread().interrupt();
        return unavailable(operation, key, "interrupted");
    }

    /** The received bytes are not those that the store has. */
    public final StorageUnavailable checksumMismatch(Operation operation, String key) {
        return unavailable(operation, key, "the received bytes do not match the checksum of the stored object");
    }

    /** The first of an error and its causes that has this type. */
    public static <T> Optional<T> find(Throwable error, Class<T> type) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return Optional.of(type.cast(at));
            }
        }
        return Optional.empty();
    }

    /** A failure of the network in words; of any other error its class and its message, in one line. */
    public static String describe(Throwable error) {
        Optional<String> network = NetworkCause.words(error);
        if (network.isPresent()) {
            return network.get();
        }
        String message = oneLine(error.getMessage());
        String type = error.getClass().getSimpleName();
        return message.isEmpty() ? type : type + ": " + message;
    }

    /** The text in one line of at most {@value #MAX_SHOWN_CHARACTERS} characters. */
    public static String oneLine(@Nullable String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= MAX_SHOWN_CHARACTERS ? line : line.substring(0, MAX_SHOWN_CHARACTERS) + "…";
    }
}
