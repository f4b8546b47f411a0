// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

/**
 * How a run of rsync ended.
 *
 * @param status of the program; means nothing if it was stopped
 * @param stopped by us, because enough of its output was read
 */
record Ended(int status, boolean stopped, RsyncMessages messages) {
    static final int USAGE = 1;
    static final int NOT_SUPPORTED = 4;
    private static final int SOCKET = 10;
    private static final int PROTOCOL = 12;
    private static final int VANISHED = 24;
    private static final int SSH_FAILED = 255;
    private static final int IO_TIMEOUT = 30;
    private static final int CONNECT_TIMEOUT = 35;

    /** Whether the other side, or this one, does not take an option. */
    boolean refusedOption(String option) {
        return (status == USAGE || status == NOT_SUPPORTED) && messages.any(line -> line.contains(option));
    }

    boolean ok() {
        return status == 0 && !stopped;
    }

    /** Whether all was read, but for files that went away meanwhile. */
    boolean listed() {
        return ok() || (status == VANISHED && !stopped);
    }

    /** Whether the way to the server may be to blame: rsync's socket, its protocol or its limits of time, or ssh. */
    boolean lostConnection() {
        return !stopped && (status == SOCKET || status == PROTOCOL || status == SSH_FAILED || timedOut());
    }

    /** Whether rsync itself waited as long as it may: whoever asks again now would wait as long again. */
    boolean timedOut() {
        return status == IO_TIMEOUT || status == CONNECT_TIMEOUT;
    }
}
