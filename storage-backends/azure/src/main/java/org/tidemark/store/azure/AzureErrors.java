// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpResponse;
import com.azure.identity.CredentialUnavailableException;
import com.azure.storage.blob.models.BlobStorageException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.NetworkCause;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StoreErrors;
import org.tidemark.store.TrustedAuthorities;
import org.tidemark.store.azure.AzureCredential.AccountKey;
import org.tidemark.store.azure.AzureCredential.Identity;
import org.tidemark.store.azure.AzureCredential.SharedAccess;

/**
 * Classifies the errors of the library for the callers of a store, by the status and the error code of the service,
 * never by a text. No message contains a text of the service, which can repeat parts of the signed request.
 * Thread-safe.
 */
final class AzureErrors extends StoreErrors {
    /** Codes for a request that was damaged on the network: another attempt may succeed. */
    private static final Set<String> TEMPORARY = Set.of("Md5Mismatch", "Crc64Mismatch", "InvalidMd5");

    /** Conflicts that the operator must solve before another attempt can succeed. */
    private static final Set<String> LASTING_CONFLICTS = Set.of(
            "BlobArchived",
            "BlobBeingRehydrated",
            "BlobImmutableDueToPolicy",
            "BlobUsesCustomerSpecifiedEncryption",
            "BlobDoesNotUseCustomerSpecifiedEncryption",
            "InvalidBlobType",
            "ResourceTypeMismatch",
            "LeaseIdMissing",
            "LeaseIdMismatchWithBlobOperation");

    /** The operations that can fail because the object does not exist. */
    private static final Set<Operation> ON_ONE_OBJECT = EnumSet.of(Operation.READ, Operation.LOOK_UP, Operation.DELETE);

    private static final String OTHER_SERVER = "This is not an answer of Azure's blob service: check the option "
            + AzureOptions.ENDPOINT + ", and any proxy on the way.";

    private final String account;
    private final String container;
    private final AzureCredential credential;

    AzureErrors(AzureConfig config) {
        super(config.address().description());
        this.account = config.address().account();
        this.container = config.address().container();
        this.credential = config.credential();
    }

    @Override
    protected Failure classify(Operation operation, Throwable thrown) {
        Throwable cause = innermost(thrown);
        return switch (cause) {
            case BlobStorageException answer -> answered(operation, answer);
            case CredentialUnavailableException none ->
                Failure.denied("there are no credentials: " + oneLine(none.getMessage()))
                        .hint("Set " + AzureOptions.ACCOUNT_KEY + "-file or " + AzureOptions.SAS
                                + "-file for this repository, or give this machine a managed identity.");
            case HttpResponseException answer -> loginFailed(answer);
            case SSLException untrusted ->
                Failure.unavailable(why(untrusted) + ": does '" + TrustedAuthorities.OPTION
                                + "' contain the certificate of its authority?")
                        .hint(NetworkCause.hint(untrusted))
                        .cause(untrusted);
            default -> {
                Failure failure = Failure.unavailable(why(cause)).hint(networkHint(thrown));
                yield showsAddress(cause) ? failure : failure.cause(cause);
            }
        };
    }

    /** Whether the credentials are valid, but have no permission for this request. */
    static boolean lacksRight(BlobStorageException answer) {
        return answer.getStatusCode() == 403 && code(answer).equals("AuthorizationPermissionMismatch");
    }

    static boolean lacksContainer(BlobStorageException answer) {
        return answer.getStatusCode() == 404 && code(answer).equals("ContainerNotFound");
    }

    /** Whether a range starts after the last byte. */
    static boolean isAfterEnd(BlobStorageException answer) {
        return answer.getStatusCode() == 416 && code(answer).equals("InvalidRange");
    }

    private Failure answered(Operation operation, BlobStorageException answer) {
        int status = answer.getStatusCode();
        String code = code(answer);
        if (status == 404 && code.equals("BlobNotFound") && ON_ONE_OBJECT.contains(operation)) {
            return Failure.MISSING;
        }
        if (operation == Operation.WRITE && isTaken(status, code)) {
            return Failure.EXISTS;
        }
        String answered = "the service answered " + status + (code.isEmpty() ? "" : " " + code);
        if (code.equals("ContainerNotFound")) {
            return Failure.unavailable(answered + ": is there a container '" + container + "' in the account '"
                            + account + "'? 'tidemark init' creates it")
                    .hint("Correct the account and the container in the repository's url, or run: tidemark init");
        }
        if (status == 401 || status == 403 || isRefusal(status, code)) {
            return Failure.denied(answered + question(code)).hint(refusalHint(status, code, answer.getResponse()));
        }
        return status == 507
                ? Failure.full(answered)
                : Failure.unavailable(answered).hint(isOfAnotherServer(status, code) ? OTHER_SERVER : null);
    }

    /** Each refusal of the service has a code; only a server error may come without one. */
    private static boolean isOfAnotherServer(int status, String code) {
        return code.isEmpty() && status >= 300 && status < 500 && status != 408 && status != 429;
    }

    private static boolean isTaken(int status, String code) {
        return (status == 409 && code.equals("BlobAlreadyExists"))
                // The answer to credentials that may create and not overwrite.
                || (status == 403 && code.equals("UnauthorizedBlobOverwrite"))
                || (status == 412 && code.equals("ConditionNotMet"));
    }

    /** Whether the same request would be refused again. An answer without a code may come from another server. */
    private static boolean isRefusal(int status, String code) {
        if (code.isEmpty()) {
            return false;
        }
        return switch (status) {
            case 400 -> !TEMPORARY.contains(code);
            case 409, 412 -> LASTING_CONFLICTS.contains(code);
            case 405, 411, 413, 415, 501 -> true;
            default -> false;
        };
    }

    private static String question(String code) {
        return switch (code) {
            case "AuthenticationFailed" ->
                ": is the key or the signature right and not expired, and the clock of this host right?";
            case "AuthorizationPermissionMismatch", "InsufficientAccountPermissions" ->
                ": do the credentials have this permission on the container?";
            case "AuthorizationFailure" -> ": may these credentials, from this network, use the account?";
            case "BlobArchived", "BlobBeingRehydrated" -> ": it is in the archive tier, and must be rehydrated first";
            case "BlobImmutableDueToPolicy" -> ": it is locked";
            default -> "";
        };
    }

    private @Nullable String refusalHint(int status, String code, @Nullable HttpResponse answer) {
        return switch (code) {
            case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation" -> {
                String skew = skewHint(answer);
                yield skew == null ? credentialHint() : skew;
            }
            // Some servers give this answer to a wrong key as well.
            case "AuthorizationFailure" ->
                credentialHint() + " If they are right, the account's firewall must admit this host's network.";
            case "AuthorizationPermissionMismatch", "InsufficientAccountPermissions" -> rightsHint();
            case "AccountIsDisabled" ->
                "Enable the storage account '" + account + "', or correct the repository's url.";
            case "BlobArchived", "BlobBeingRehydrated" ->
                "Rehydrate the object, which takes hours: az storage blob set-tier --tier Hot --account-name " + account
                        + " --container-name " + container + " --name NAME";
            case "BlobImmutableDueToPolicy" -> "Nobody can change the object before its lock ends.";
            case "BlobUsesCustomerSpecifiedEncryption" ->
                "Set " + AzureOptions.CUSTOMER_KEY + "-file to the key with which the object was written.";
            case "BlobDoesNotUseCustomerSpecifiedEncryption" ->
                "Remove " + AzureOptions.CUSTOMER_KEY + "-file: the object was written without a customer's key.";
            case "" -> isOfAnotherServer(status, code) ? OTHER_SERVER : null;
            default -> null;
        };
    }

    private String credentialHint() {
        return switch (credential) {
            case AccountKey _ ->
                "Use a current key of the storage account '" + account
                        + "': az storage account keys list --account-name " + account;
            case SharedAccess _ ->
                "Use a signature for container '" + container + "' of account '" + account
                        + "' that is valid now: az storage container generate-sas";
            case Identity _ ->
                "Use an identity of the tenant of account '" + account + "': 'az account show' shows the current one.";
        };
    }

    private String rightsHint() {
        return credential instanceof Identity
                ? "Give this identity the role 'Storage Blob Data Contributor' on container '" + container + "'."
                : "Use a signature with the permissions r, c, l and d for container '" + container
                        + "': az storage container generate-sas --permissions rcld";
    }

    /** The account is a part of the host name, so an unknown host usually means a wrong account. */
    private @Nullable String networkHint(Throwable thrown) {
        boolean unknown = find(thrown, UnknownHostException.class).isPresent()
                || find(thrown, UnresolvedAddressException.class).isPresent();
        return unknown
                ? "Correct the account '" + account + "' in the repository's url, or its option "
                        + AzureOptions.ENDPOINT + ": no such host is known."
                : NetworkCause.hint(thrown);
    }

    private static @Nullable String skewHint(@Nullable HttpResponse answer) {
        return answer == null ? null : ServerClock.skewHint(answer.getHeaders().getValue(HttpHeaderName.DATE));
    }

    /** The service that issues tokens answered, before this store was asked. */
    private static Failure loginFailed(HttpResponseException e) {
        int status = e.getResponse() == null ? 0 : e.getResponse().getStatusCode();
        String detail = "the login failed" + (status == 0 ? "" : " with " + status) + ": " + oneLine(e.getMessage());
        if (!isRefusal(status)) {
            return Failure.unavailable(detail);
        }
        String skew = skewHint(e.getResponse());
        return Failure.denied(detail)
                .hint(
                        skew == null
                                ? "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate of this"
                                        + " identity: it may have expired."
                                : skew);
    }

    private static String code(BlobStorageException answer) {
        return answer.getErrorCode() == null ? "" : answer.getErrorCode().toString();
    }

    /** The cause inside the exceptions of the library. */
    private static Throwable innermost(Throwable thrown) {
        Throwable at = thrown;
        while (!(at instanceof HttpResponseException) && !(at instanceof IOException) && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }

    /** Whether a stack trace would show the signature in a request's address. */
    private static boolean showsAddress(Throwable cause) {
        return String.valueOf(cause.getMessage()).contains("sig=");
    }

    private static String why(Throwable cause) {
        boolean shown = (cause instanceof IOException || cause instanceof TimeoutException) && !showsAddress(cause);
        return shown ? describe(cause) : cause.getClass().getSimpleName();
    }
}
