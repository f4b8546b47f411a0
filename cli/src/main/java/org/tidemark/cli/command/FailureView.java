// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.core.UserFacingException;

/** A failure in JSON, the same in every command. */
record FailureView(int status, String message, String hint) {
    static FailureView of(UserFacingException failure) {
        return new FailureView(failure.exitCode().status(), failure.getMessage(), failure.hint());
    }
}
