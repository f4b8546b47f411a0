// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;
import org.tidemark.core.ExitCode;

/** What one round of asking every repository gave. */
sealed interface Answer {
    record Certain(FetchResult result) implements Answer {}

    /** It is not there, and later WAL is: perhaps it is only late, since segments are pushed in parallel. */
    record Hole(String laterFile, String repository) implements Answer {}

    /** At least one repository could not tell, and none could deliver. */
    record Unknown(List<Failure> failures) implements Answer {
        public Unknown {
            failures = List.copyOf(failures);
        }

        /** Whether asking again can help. */
        boolean mayPass() {
            return failures.stream().anyMatch(failure -> failure.passing() == Passing.PERHAPS);
        }
    }

    /** Why a repository could not tell. */
    record Failure(String repository, String message, ExitCode cause, Passing passing) {}

    enum Passing {
        PERHAPS,
        NO
    }
}
