// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import com.jcraft.jsch.HostKey;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchAlgoNegoFailException;
import com.jcraft.jsch.JSchChangedHostKeyException;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.JSchHostKeyException;
import com.jcraft.jsch.JSchSessionDisconnectException;
import com.jcraft.jsch.JSchUnknownHostKeyException;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.NetworkCause;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The only place that says what an error of SSH or of SFTP means to the callers of a store. Thread-safe. */
final class SftpErrors {
    /** Of RFC 4253: no more authentication methods available. */
    private static final int NO_MORE_METHODS = 14;

    private final SftpConfig config;

    SftpErrors(SftpConfig config) {
        this.config = config;
    }

    /** What was being done, as its message says it. */
    enum Doing {
        WRITE("could not write", true),
        SYNC("written but not known to be durable:", true),
        NAME("could not give its name to", true),
        MAKE_ROOT("could not make the directory of", true),
        READ("could not read", false),
        LOOK_UP("could not look up", false),
        LIST("could not list", false),
        DELETE("could not delete", false);

        private final String text;
        private final boolean takesRoom;

        Doing(String text, boolean takesRoom) {
            this.text = text;
            this.takesRoom = takesRoom;
        }

        boolean takesRoom() {
            return takesRoom;
        }
    }

    String description() {
        return config.description();
    }

    /** The error to throw; one that is classified already stays as it is. */
    StorageException of(Doing doing, String key, IOException cause) {
        return of(doing, key, cause, Optional.empty());
    }

    /** @param disk what the server says of its file system, where the error itself does not say enough */
    StorageException of(Doing doing, String key, IOException cause, Optional<Disk> disk) {
        if (cause instanceof StorageException classified) {
            return classified;
        }
        String message = doing.text + (key.isEmpty() ? " " : " '" + key + "' in ") + description() + ": " + why(cause);
        // What has its name already may be seen by others, so neither "full" nor "denied" may be said any more.
        if (doing == Doing.SYNC || !(cause instanceof SftpStatusException refused)) {
            return new StorageUnavailable(message, cause);
        }
        return switch (refused.status()) {
            case SftpStatusException.PERMISSION_DENIED ->
                new StorageDenied(
                        message + " for user '" + config.server().user() + "'"
                                + (doing == Doing.NAME ? ", or the file system has no hard links" : ""),
                        "On the server, give '" + config.root() + "' and what is in it to '"
                                + config.server().user() + "'; see whose it is with: ls -ld " + config.root(),
                        cause);
            case SftpStatusException.UNSUPPORTED ->
                new StorageDenied(message + ": the server does not do what a store needs", cause);
            default -> unexplained(doing, message, cause, disk);
        };
    }

    /** OpenSSH has one status for want of room, for a file system that is read-only, and for much else. */
    private static StorageException unexplained(Doing doing, String message, IOException cause, Optional<Disk> disk) {
        if (disk.isPresent() && disk.get().readOnly()) {
            return new StorageDenied(message + ": the file system is read-only", cause);
        }
        if (doing.takesRoom && disk.isPresent() && disk.get().isFull()) {
            return new StorageFull(
                    message + ": there is no room",
                    "Make room on the server's disk: see 'df -h' and 'df -i' there.",
                    cause);
        }
        return new StorageUnavailable(message, cause);
    }

    /** The root is gone or was never there: to say "absent" of an object would be a guess. */
    StorageUnavailable noRoot() {
        return new StorageUnavailable(
                "there is no directory '" + config.root() + "' at " + config.server() + ": is it mounted?",
                "On the server, mount its disk. If this is a new repository, run: tidemark init",
                null);
    }

    /** What another file system lacks, and what it takes, says nothing about the store. */
    StorageUnavailable otherDisk() {
        return new StorageUnavailable(
                "'" + config.root() + "' at " + config.server()
                        + " is on another file system than before: is it mounted?",
                "On the server, mount its disk again, then run the command again.",
                null);
    }

    StorageDenied notAnObject(String path, String whatItIs) {
        return new StorageDenied(
                "'" + path + "' at " + config.server() + " is " + whatItIs + ", which a store does not hold there",
                null);
    }

    StorageDenied cannotSync() {
        return new StorageDenied(
                "nothing is written to " + description() + ": the server offers no fsync@openssh.com, so it could lose"
                        + " with its power what it has acknowledged. If that may be, say so: "
                        + SftpConfig.FSYNC_OPTION + " = if-offered",
                null);
    }

    StorageDenied cannotLink() {
        return new StorageDenied(
                "nothing is written to " + description() + ": the server offers no hardlink@openssh.com, so two hosts"
                        + " could overwrite each other unseen. If a single host writes there, say so: "
                        + SftpConfig.CREATE_OPTION + " = rename, and single-writer = true",
                null);
    }

    /** No connection was made; an error that is classified already stays as it is. */
    StorageException unreached(IOException cause) {
        return cause instanceof StorageException classified ? classified : unreached(why(cause), cause);
    }

    StorageUnavailable unreached(String why, @Nullable Throwable cause) {
        return new StorageUnavailable(
                "no connection to " + description() + ": " + why, NetworkCause.hint(cause), cause);
    }

    /**
     * Why no connection was made.
     *
     * @param offered by what the user wanted to prove who they are
     * @param brokenOff whether the connection ended meanwhile: then jsch tells a refused login that was none
     */
    StorageException login(JSchException cause, Optional<HostKey> shown, String offered, boolean brokenOff, JSch jsch) {
        ServerAddress server = config.server();
        return switch (cause) {
            case JSchUnknownHostKeyException e ->
                denied(
                        config.knownHosts().unknown(server, shown, jsch),
                        "Compare the key's fingerprint on the server itself, then make the key known with the command"
                                + " above.",
                        e);
            case JSchChangedHostKeyException e ->
                denied(
                        config.knownHosts().changed(server, shown, jsch),
                        "Ask whoever runs the server whether its key was changed, before you remove the old one.",
                        e);
            case JSchHostKeyException e -> denied("the host key is refused: " + e.getMessage(), null, e);
            case JSchAlgoNegoFailException e ->
                denied("client and server have nothing in common: " + e.getMessage(), null, e);
            case JSchSessionDisconnectException e when e.getReasonCode() == NO_MORE_METHODS -> refused(offered, e);
            case JSchException e
            when isPlain(e) && shown.isPresent() ->
                brokenOff ? unreached("it ended during the login", e) : refused(offered, e);
            default -> unreached(why(cause), cause);
        };
    }

    /** jsch has no exception of its own for a refused login; but those for other reasons have a cause or a class. */
    private static boolean isPlain(JSchException e) {
        return e.getClass() == JSchException.class && e.getCause() == null;
    }

    private StorageDenied refused(String offered, JSchException cause) {
        return denied(
                "the server did not let user '" + config.server().user() + "' in; offered: " + offered,
                "Put the public key into ~/.ssh/authorized_keys of '"
                        + config.server().user()
                        + "' on the server; its log says why it refused, and 'ssh -v' tries the same from here.",
                cause);
    }

    private StorageDenied denied(String why, @Nullable String hint, JSchException cause) {
        return new StorageDenied("no connection to " + description() + ": " + why, hint, cause);
    }

    private static String why(Exception cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }
}
