// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpResponseException;
import com.google.auth.Retryable;
import com.google.cloud.BaseServiceException;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreErrors;

/**
 * Classifies the errors of the library for the callers of a store, by the status of the answer, never by its reason or
 * a text. No message contains a text of the library: its texts about an upload show an address with which anybody could
 * continue the upload. Thread-safe.
 */
final class GcsErrors extends StoreErrors {
    /** Grants what this store uses; a lock needs the role storage.objectAdmin. */
    private static final String ROLE = "roles/storage.objectUser";

    private final GcsConfig config;
    private final String creation;

    GcsErrors(GcsConfig config) {
        super(config.address().description());
        this.config = config;
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
        Failure failure = Failure.unavailable(why(cause)).hint(NetworkCause.hint(thrown));
        return showsAddress(cause) ? failure : failure.cause(cause);
    }

    StorageDenied noCredentials(IOException cause) {
        return new StorageDenied(
                "there are no credentials for " + description() + " (expected '" + GcsOptions.CREDENTIALS
                        + "-file', the variable GOOGLE_APPLICATION_CREDENTIALS, or a machine that has an identity)",
                "Set " + GcsOptions.CREDENTIALS
                        + "-file to the key of a service account, or run: gcloud auth application-default login",
                cause);
    }

    private Failure missingBucket() {
        return Failure.unavailable("the service answered 404: does the bucket exist? '" + creation + "' creates it")
                .hint("Correct the bucket" + (config.endpoint().isPresent() ? " or its " + GcsOptions.ENDPOINT : "")
                        + " in the repository's configuration, or create the bucket: " + creation);
    }

    /** Whether the credentials have no permission for this request. */
    static boolean lacksRight(BaseServiceException answer) {
        return answer.getCode() == 403;
    }

    private Failure answered(Operation operation, int status, Throwable thrown) {
        if (operation == Operation.WRITE && status == 412) {
            return Failure.EXISTS;
        }
        // During a read of one generation, 404 means that the object was deleted meanwhile.
        if (status == 404 && operation != Operation.READ) {
            return missingBucket();
        }
        String detail = "the service answered " + status + said(thrown);
        if (status == 401 || status == 403 || isRefusal(operation, status)) {
            return Failure.denied(detail).hint(refusalHint(status));
        }
        return status == 507 ? Failure.full(detail) : Failure.unavailable(detail);
    }

    /** Whether the same request would be refused again. Written bytes may have been damaged on the network. */
    private static boolean isRefusal(Operation operation, int status) {
        return switch (status) {
            case 400 -> operation != Operation.WRITE;
            case 405, 409, 411, 413, 414, 415, 428, 451, 501 -> true;
            default -> false;
        };
    }

    private @Nullable String refusalHint(int status) {
        return switch (status) {
            case 401 -> credentialHint();
            case 403 ->
                "Give these credentials the role " + ROLE + " on the bucket: gcloud storage buckets"
                        + " add-iam-policy-binding gs://" + config.address().bucket() + " --member=serviceAccount:"
                        + account().orElse("EMAIL") + " --role=" + ROLE;
            default -> null;
        };
    }

    private String credentialHint() {
        return account()
                .map(email -> "Google does not accept the key of this service account. These are its keys:"
                        + " gcloud iam service-accounts keys list --iam-account=" + email)
                .orElse(
                        "Google does not accept these credentials. Log in again: gcloud auth application-default login");
    }

    /** The email address of the service account, if the options give its key. */
    private Optional<String> account() {
        return config.credentials() instanceof GcsCredentials.ServiceAccount known
                ? Optional.of(known.account().getClientEmail())
                : Optional.empty();
    }

    /** Google's token service answered or could not be reached, before the request to the store. */
    private Failure loginFailed(Throwable thrown) {
        Optional<HttpResponseException> answer = find(thrown, HttpResponseException.class);
        int status = answer.map(HttpResponseException::getStatusCode).orElse(0);
        String detail = "the login at Google failed";
        if (isRefusal(status)) {
            String skew = ServerClock.skewHint(
                    answer.map(e -> e.getHeaders().getDate()).orElse(null));
            return Failure.denied(
                            detail + " with " + status + ": are the credentials valid, and the clock of this host?")
                    .hint(skew == null ? credentialHint() : skew);
        }
        return Failure.unavailable(detail + (status > 0 ? " with " + status : ": " + why(innermost(thrown))))
                .hint(NetworkCause.hint(thrown));
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

    /** The text in the service's answer, which can name a missing permission. */
    private static String said(Throwable thrown) {
        return find(thrown, GoogleJsonResponseException.class)
                .map(GoogleJsonResponseException::getDetails)
                .map(details -> ": " + oneLine(details.getMessage()))
                .orElse("");
    }

    private static boolean isOfLogin(Object retryable) {
        return !(retryable instanceof BaseServiceException);
    }

    /** The cause inside the exceptions of the library. */
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
