// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import org.tidemark.core.ExitCode;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.fetch.StandingTarget;

/** The private status of a call that fails. Of the only call of this process at a time; thread-safe. */
final class FailedCall {
    /** wal-fetch could not tell, but PostgreSQL stops by itself if it does not reach its target. */
    private static final int COULD_NOT_TELL_BEFORE_TARGET = 66;

    private static volatile boolean beforeTarget;

    private FailedCall() {}

    /** To be called before anything can fail. */
    static void begin(WalArguments arguments, WalCall call) {
        beforeTarget = arguments.command() == WalArguments.Command.FETCH
                && new StandingTarget(
                                call.environment().workingDirectory(),
                                call.environment().variables())
                        .stands(arguments.target());
    }

    /** Whether PostgreSQL stops by itself if it does not reach the target that the call names. */
    static boolean isBeforeTarget() {
        return beforeTarget;
    }

    static int status(ExitCode code) {
        return beforeTarget ? COULD_NOT_TELL_BEFORE_TARGET : code.status();
    }
}
