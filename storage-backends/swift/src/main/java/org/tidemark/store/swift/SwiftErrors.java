// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.tidemark.store.NetworkCause;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The only place that says what an error of Swift means to the callers of a store. Immutable. */
record SwiftErrors(String store, String container, String who) {
    /** What was being done, as its message says it. */
    enum Doing {
        LOG_IN("could not log in for"),
        WRITE("could not write"),
        READ("could not read"),
        LOOK_UP("could not look up"),
        LIST("could not list"),
        DELETE("could not delete");

        private final String text;

        Doing(String text) {
            this.text = text;
        }
    }

    ObjectExists exists(ObjectKey key) {
        return new ObjectExists(key, store);
    }

    ObjectMissing missing(ObjectKey key) {
        return new ObjectMissing(key, store);
    }

    /** What the network did; what is classified already stays as it is. */
    StorageException of(Doing doing, String name, IOException cause) {
        if (cause instanceof StorageException classified) {
            return classified;
        }
        if (cause instanceof SSLException && isOf(CertificateException.class, cause)) {
            return new StorageDenied(
                    message(doing, name, "the server's certificate is not trusted: does 'ca-file' name who signed it?"),
                    NetworkCause.hint(cause),
                    cause);
        }
        String why = cause.getMessage();
        String kind = cause.getClass().getSimpleName();
        return new StorageUnavailable(
                message(doing, name, why == null ? kind : kind + ": " + why), NetworkCause.hint(cause), cause);
    }

    /** What the store answered, where that is neither what was asked for nor "there is none". */
    StorageException refused(Doing doing, String name, int status) {
        String answered = "the store answered " + status;
        return switch (status) {
            case 401 -> denied(doing, name, answered + " to a new token of '" + who + "'");
            case 403 ->
                denied(
                        doing,
                        name,
                        answered + ": may '" + who + "' do that in container '" + container + "'?",
                        "Give '" + who + "' the right to read and write it: openstack container show " + container);
            case 404 -> noContainer(doing, name);
            case 413 ->
                new StorageFull(
                        message(doing, name, answered + ": a quota is reached"),
                        "Raise the quota of the account or of container '" + container + "', or make room there.",
                        null);
            case 422 -> unavailable(doing, name, answered + ": bytes were changed on their way");
            case 408, 409, 425, 429, 498, 499 -> unavailable(doing, name, answered);
            case 507 ->
                doing == Doing.WRITE
                        ? new StorageFull(
                                message(doing, name, answered + ": it has no room"),
                                "The store's disks are full: whoever runs it has to add some.",
                                null)
                        : unavailable(doing, name, answered);
            // A success of another kind than the one asked for says nothing that can be relied on.
            default ->
                status >= 500 || status < 300
                        ? unavailable(doing, name, answered)
                        : denied(doing, name, answered + ", which Swift does not: is the address right?");
        };
    }

    StorageException loginRefused(Credentials credentials, int status) {
        String answered = "'" + credentials.authUrl() + "' answered " + status;
        return switch (status) {
            case 401, 403 ->
                denied(
                        Doing.LOG_IN,
                        "",
                        answered + ": are user, project and password of '" + who + "' right?",
                        "Try the same login by hand: openstack token issue");
            case 404 -> denied(Doing.LOG_IN, "", answered + ": is 'auth-url' right, and 'auth-version'?");
            default -> {
                StorageException other = refused(Doing.LOG_IN, "", status);
                yield other instanceof StorageUnavailable
                        ? unavailable(Doing.LOG_IN, "", answered)
                        : denied(Doing.LOG_IN, "", answered + ": is 'auth-url' right, and 'auth-version'?");
            }
        };
    }

    /** Without its container, what a store says of an object is no answer. */
    StorageDenied noContainer(Doing doing, String name) {
        return denied(
                doing,
                name,
                "there is no container '" + container + "': make it with: openstack container create " + container,
                "Correct the container's name in the repository's url, or make it: openstack container create "
                        + container);
    }

    StorageUnavailable unavailable(Doing doing, String name, String why) {
        return new StorageUnavailable(message(doing, name, why), null);
    }

    StorageDenied denied(Doing doing, String name, String why) {
        return new StorageDenied(message(doing, name, why), null);
    }

    private StorageDenied denied(Doing doing, String name, String why, String hint) {
        return new StorageDenied(message(doing, name, why), hint, null);
    }

    private String message(Doing doing, String name, String why) {
        return doing.text + (name.isEmpty() ? " " : " '" + name + "' in ") + store + ": " + why;
    }

    private static boolean isOf(Class<? extends Throwable> kind, Throwable error) {
        Throwable at = error;
        for (int depth = 0; at != null && depth < 10; depth++) {
            if (kind.isInstance(at)) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }
}
