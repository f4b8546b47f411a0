// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import org.jspecify.annotations.Nullable;

/**
 * Something that an operator can act on: what happened, what to do about it, and the status to end with. The message is
 * lower case without a full stop; the hint is a sentence, a question to ask or a command to run.
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

    /** The message, for which a message always exists. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
