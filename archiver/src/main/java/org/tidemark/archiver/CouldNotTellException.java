// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;
import org.tidemark.archiver.Answer.Failure;

/** At least one repository could not tell, and what was asked cannot be decided without it. */
final class CouldNotTellException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Failure> failures;

    CouldNotTellException(List<Failure> failures) {
        this.failures = List.copyOf(failures);
    }

    List<Failure> failures() {
        return failures;
    }
}
