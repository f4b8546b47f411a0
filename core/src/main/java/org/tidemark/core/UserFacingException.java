// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import org.jspecify.annotations.Nullable;

/**
 * An error that an operator can act on: the cause, a hint and the exit status. The message is in lower case without a
 * full stop; the hint is a sentence or a command to run.
 */
public class UserFacingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;
    private final String hint;

    public UserFacingException(ExitCode exitCode, String message, String hint) {
        this(exitCode, message, hint, null);
    }

    public UserFacingException(ExitCode exitCode, String message, String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.hint = hint;
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    public String hint() {
        return hint;
    }

    /** The message; unlike that of other exceptions it is never null. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
