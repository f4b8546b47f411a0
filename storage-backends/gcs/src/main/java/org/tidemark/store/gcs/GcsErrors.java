// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpResponseException;
import com.google.auth.Retryable;
import com.google.cloud.BaseServiceException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The only place that says what an error of the library means to the callers of a store: by the status of the answer,
 * never by its reason or a text. The library's own texts are in no message, since those of an upload show the address
 * by which anybody could go on with it. Thread-safe.
 */
final class GcsErrors {
    private final String store;
    private final String creation;

    GcsErrors(GcsConfig config) {
        this.store = config.address().description();
        this.creation = "gcloud storage buckets create gs://" + config.address().bucket()
                + config.project().map(project -> " --project=" + project).orElse("");
    }

    /** What was being done, as its message says it. */
    enum Doing {
        WRITE("could not write"),
        READ("could not read"),
        LOOK_UP("could not look up"),
        LIST("could not list"),
        DELETE("could not delete"),
        MAKE_ROOT("could not look up the bucket of");

        private final String text;

        Doing(String text) {
            this.text = text;
        }
    }

    String description() {
        return store;
    }

    /** The error to throw; one that is classified already stays as it is. */
    StorageException of(Doing doing, String key, Throwable thrown) {
        Optional<StorageException> classified = find(thrown, StorageException.class);
        if (classified.isPresent()) {
            return classified.get();
        }
        if (find(thrown, Retryable.class).filter(GcsErrors::isOfLogin).isPresent()) {
            return loginFailed(doing, key, thrown);
        }
        int status = status(thrown);
        return status > 0 ? answered(doing, key, status, thrown) : failed(doing, key, innermost(thrown));
    }

    StorageUnavailable interrupted(Doing doing, String key) {
        return new StorageUnavailable(what(doing, key) + "interrupted", null);
    }

    StorageUnavailable tooSlow(Doing doing, String key, String option, Duration limit) {
        return new StorageUnavailable(
                what(doing, key) + "no answer within '" + option + "', " + limit.toMillis() + " ms", null);
    }

    /** An answer that cannot be what the service means. */
    StorageUnavailable damaged(Doing doing, String key, String how) {
        return new StorageUnavailable(what(doing, key) + how, null);
    }

    ObjectExists exists(ObjectKey key) {
        return new ObjectExists(key, store);
    }

    ObjectMissing missing(ObjectKey key) {
        return new ObjectMissing(key, store);
    }

    StorageDenied noCredentials(IOException cause) {
        return new StorageDenied(
                "there are no credentials for " + store + " (expected '" + GcsCredentials.OPTION
                        + "-file', the variable GOOGLE_APPLICATION_CREDENTIALS, or a machine that has an identity)",
                cause);
    }

    /** Nothing can be said of objects where there is no bucket: it may be a wrong name. */
    StorageUnavailable noBucket(Doing doing, String key) {
        return new StorageUnavailable(
                what(doing, key) + "the service answered 404: is there such a bucket? '" + creation + "' makes one",
                null);
    }

    /** Whether the credentials have not the right for this kind of request. */
    static boolean lacksRight(BaseServiceException answer) {
        return answer.getCode() == 403;
    }

    private StorageException answered(Doing doing, String key, int status, Throwable thrown) {
        if (doing == Doing.WRITE && status == 412) {
            return exists(new ObjectKey(key));
        }
        // Of an object that is being read by its generation, it means that it is gone meanwhile.
        if (status == 404 && doing != Doing.READ) {
            return noBucket(doing, key);
        }
        String message = what(doing, key) + "the service answered " + status + said(thrown);
        if (status == 401 || status == 403 || isRefusal(doing, status)) {
            return new StorageDenied(message, null);
        }
        return status == 507 ? new StorageFull(message, null) : new StorageUnavailable(message, null);
    }

    /** Whether the same request would be refused again. What is written can have been damaged on its way. */
    private static boolean isRefusal(Doing doing, int status) {
        return switch (status) {
            case 400 -> doing != Doing.WRITE;
            case 405, 409, 411, 413, 414, 415, 428, 451, 501 -> true;
            default -> false;
        };
    }

    /** The service that gives out tokens answered, or could not be reached, before this store was asked. */
    private StorageException loginFailed(Doing doing, String key, Throwable thrown) {
        int status = find(thrown, HttpResponseException.class)
                .map(HttpResponseException::getStatusCode)
                .orElse(0);
        String message = what(doing, key) + "the login at Google failed";
        if (status >= 400 && status < 500 && status != 408 && status != 429) {
            return new StorageDenied(
                    message + " with " + status + ": are the credentials valid, and the clock of this host?", null);
        }
        return new StorageUnavailable(message + (status > 0 ? " with " + status : why(innermost(thrown))), null);
    }

    private StorageUnavailable failed(Doing doing, String key, Throwable cause) {
        boolean shown = !showsAddress(cause);
        return new StorageUnavailable(what(doing, key) + why(cause), shown ? cause : null);
    }

    private String what(Doing doing, String key) {
        return doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + store + ": ";
    }

    private static int status(Throwable thrown) {
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            if (at instanceof BaseServiceException answer && answer.getCode() > 0) {
                return answer.getCode();
            }
            if (at instanceof HttpResponseException answer) {
                return answer.getStatusCode();
            }
        }
        return 0;
    }

    /** What the service says of it in its answer, such as which right is missing. */
    private static String said(Throwable thrown) {
        return find(thrown, GoogleJsonResponseException.class)
                .map(GoogleJsonResponseException::getDetails)
                .map(details -> ": " + shortened(details.getMessage()))
                .orElse("");
    }

    private static boolean isOfLogin(Object retryable) {
        return !(retryable instanceof BaseServiceException);
    }

    private static <T> Optional<T> find(Throwable thrown, Class<T> type) {
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return Optional.of(type.cast(at));
            }
        }
        return Optional.empty();
    }

    /** What the library has put its own exceptions around. */
    private static Throwable innermost(Throwable thrown) {
        Throwable at = thrown;
        while (at.getCause() != null && (at instanceof RuntimeException || !isOfNetwork(at))) {
            at = at.getCause();
        }
        return at;
    }

    private static boolean isOfNetwork(Throwable at) {
        return at instanceof IOException && at.getClass() != IOException.class;
    }

    private static boolean showsAddress(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("://");
    }

    private static String why(Throwable cause) {
        String name = cause.getClass().getSimpleName();
        return cause instanceof IOException && cause.getMessage() != null && !showsAddress(cause)
                ? name + ": " + shortened(cause.getMessage())
                : name;
    }

    private static String shortened(@Nullable String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= 300 ? line : line.substring(0, 300) + "…";
    }
}
