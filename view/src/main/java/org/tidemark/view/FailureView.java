// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import org.tidemark.core.UserFacingException;

/** A failure in JSON, the same in every command. */
public record FailureView(int status, String message, String hint) {
    public static FailureView of(UserFacingException failure) {
        return new FailureView(failure.exitCode().status(), failure.getMessage(), failure.hint());
    }
}
