// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.tidemark.core.NetworkCause;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreErrors;

/** Classifies errors of Swift for the callers of a store. Thread-safe. */
final class SwiftErrors extends StoreErrors {
    private final String container;
    private final String user;

    /** @param user the user of the login, for messages */
    SwiftErrors(String store, String container, String user) {
        super(store);
        this.container = container;
        this.user = user;
    }

    @Override
    protected Failure classify(Operation operation, Throwable error) {
        Failure failure = error instanceof SSLException
                        && find(error, CertificateException.class).isPresent()
                ? Failure.denied(
                        "the server's certificate is not trusted: does 'ca-file' contain the certificate of its authority?")
                : Failure.unavailable(describe(error));
        return failure.hint(NetworkCause.hint(error)).cause(error);
    }

    /** The exception for a status that is neither success nor "no such object". */
    StorageException refused(Operation operation, String name, int status) {
        return of(operation, name, classify(operation, status));
    }

    private Failure classify(Operation operation, int status) {
        String answered = "the store answered " + status;
        return switch (status) {
            case 401 ->
                Failure.denied(answered + " to a new token of '" + user + "'")
                        .hint("The object store does not accept tokens of this login: correct '" + SwiftOptions.AUTH_URL
                                + "', '" + SwiftOptions.REGION + "' or '" + SwiftOptions.STORAGE_URL + "'.");
            case 403 ->
                Failure.denied(answered + ": has '" + user + "' the right to do that in container '" + container + "'?")
                        .hint("Give '" + user + "' the right to read and write it: openstack container show "
                                + container);
            case 404 -> missingContainer();
            case 413 ->
                Failure.full(answered + ": a quota is reached")
                        .hint("Raise the quota of the account or of container '" + container
                                + "', or delete objects there.");
            case 422 -> Failure.unavailable(answered + ": the received bytes do not match those that were sent");
            case 408, 409, 425, 429, 498, 499 -> Failure.unavailable(answered);
            case 507 ->
                operation == Operation.WRITE
                        ? Failure.full(answered + ": it is full")
                                .hint("The store's disks are full: its administrator must add disks.")
                        : Failure.unavailable(answered);
            // An unexpected success status proves nothing.
            default ->
                status >= 500 || status < 300
                        ? Failure.unavailable(answered)
                        : Failure.denied(answered + ", which Swift never does: is the address right?")
                                .hint("Compare the address of the object store: openstack catalog show object-store");
        };
    }

    StorageException loginRefused(SwiftCredentials credentials, int status) {
        String answered = "'" + credentials.authUrl() + "' answered " + status;
        Failure wrongAddress = Failure.denied(answered + ": is 'auth-url' right, and 'auth-version'?")
                .hint("Correct '" + SwiftOptions.AUTH_URL + "': a Keystone address ends with /v3, and the address of a"
                        + " version 1 login with /auth/v1.0.");
        Failure failure = switch (status) {
            case 401, 403 ->
                Failure.denied(answered + ": are user, project and password of '" + user + "' right?")
                        .hint("Try the same login by hand: openstack token issue");
            case 404 -> wrongAddress;
            default ->
                classify(Operation.LOG_IN, status).kind() == Kind.UNAVAILABLE
                        ? Failure.unavailable(answered)
                        : wrongAddress;
        };
        return of(Operation.LOG_IN, "", failure);
    }

    /** The login answered with no usable address of the object store. */
    StorageException noAddress(String detail) {
        return of(
                Operation.LOG_IN,
                "",
                Failure.denied(detail)
                        .hint("Set '" + SwiftOptions.REGION + "' and '" + SwiftOptions.INTERFACE
                                + "' to those of the object store: openstack catalog show object-store"));
    }

    /** Without the container, nothing is known about its objects. */
    StorageException noContainer(Operation operation, String name) {
        return of(operation, name, missingContainer());
    }

    private Failure missingContainer() {
        return Failure.denied("there is no container '" + container + "': create it with: openstack container create "
                        + container)
                .hint("Correct the container's name in the repository's url, or create it: openstack container create "
                        + container);
    }
}
