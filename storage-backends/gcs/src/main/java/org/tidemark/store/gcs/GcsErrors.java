// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpResponseException;
import com.google.auth.Retryable;
import com.google.cloud.BaseServiceException;
import java.io.IOException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.StoreErrors;

/**
 * What an error of the library means to the callers of a store: by the status of the answer, never by its reason or a
 * text. The library's own texts are in no message, since those of an upload show the address by which anybody could go
 * on with it. Thread-safe.
 */
final class GcsErrors extends StoreErrors {
    private final String creation;

    GcsErrors(GcsConfig config) {
        super(config.address().description());
        this.creation = "gcloud storage buckets create gs://" + config.address().bucket()
                + config.project().map(project -> " --project=" + project).orElse("");
    }

    @Override
    protected Failure classify(Operation operation, Throwable thrown) {
        if (find(thrown, Retryable.class).filter(GcsErrors::isOfLogin).isPresent()) {
            return loginFailed(thrown);
        }
        int status = status(thrown);
        if (status > 0) {
            return answered(operation, status, thrown);
        }
        Throwable cause = innermost(thrown);
        Failure failure = Failure.unavailable(why(cause));
        return showsAddress(cause) ? failure : failure.cause(cause);
    }

    StorageDenied noCredentials(IOException cause) {
        return new StorageDenied(
                "there are no credentials for " + description() + " (expected '" + GcsOptions.CREDENTIALS
                        + "-file', the variable GOOGLE_APPLICATION_CREDENTIALS, or a machine that has an identity)",
                cause);
    }

    /** Nothing can be said of objects where there is no bucket: it may be a wrong name. */
    StorageUnavailable noBucket(Operation operation, String key) {
        return unavailable(operation, key, missingBucket());
    }

    private String missingBucket() {
        return "the service answered 404: is there such a bucket? '" + creation + "' makes one";
    }

    /** Whether the credentials have not the right for this kind of request. */
    static boolean lacksRight(BaseServiceException answer) {
        return answer.getCode() == 403;
    }

    private Failure answered(Operation operation, int status, Throwable thrown) {
        if (operation == Operation.WRITE && status == 412) {
            return Failure.EXISTS;
        }
        // Of an object that is being read by its generation, it means that it is gone meanwhile.
        if (status == 404 && operation != Operation.READ) {
            return Failure.unavailable(missingBucket());
        }
        String detail = "the service answered " + status + said(thrown);
        if (status == 401 || status == 403 || isRefusal(operation, status)) {
            return Failure.denied(detail);
        }
        return status == 507 ? Failure.full(detail) : Failure.unavailable(detail);
    }

    /** Whether the same request would be refused again. What is written can have been damaged on its way. */
    private static boolean isRefusal(Operation operation, int status) {
        return switch (status) {
            case 400 -> operation != Operation.WRITE;
            case 405, 409, 411, 413, 414, 415, 428, 451, 501 -> true;
            default -> false;
        };
    }

    /** The service that gives out tokens answered, or could not be reached, before this store was asked. */
    private static Failure loginFailed(Throwable thrown) {
        int status = find(thrown, HttpResponseException.class)
                .map(HttpResponseException::getStatusCode)
                .orElse(0);
        String detail = "the login at Google failed";
        if (status >= 400 && status < 500 && status != 408 && status != 429) {
            return Failure.denied(
                    detail + " with " + status + ": are the credentials valid, and the clock of this host?");
        }
        return Failure.unavailable(detail + (status > 0 ? " with " + status : ": " + why(innermost(thrown))));
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
                .map(details -> ": " + oneLine(details.getMessage()))
                .orElse("");
    }

    private static boolean isOfLogin(Object retryable) {
        return !(retryable instanceof BaseServiceException);
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
        return cause instanceof IOException && !showsAddress(cause)
                ? describe(cause)
                : cause.getClass().getSimpleName();
    }
}
