// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.util.List;
import org.tidemark.archiver.fetch.Answer.Failure;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.core.ExitCode;

/** The result of one round in which every repository was asked. */
sealed interface Answer {
    record Certain(FetchResult result) implements Answer {}

    /** The file is absent and later WAL is there: it may still arrive, since segments are pushed in parallel. */
    record Hole(String laterFile, String repository) implements Answer {}

    /** At least one repository could not tell, and none could deliver. */
    record Unknown(List<Failure> failures) implements Answer {
        public Unknown {
            failures = List.copyOf(failures);
        }

        /** Whether asking again can help. */
        boolean retryMayHelp() {
            return failures.stream().anyMatch(failure -> failure.retry() == Retry.MAY_HELP);
        }
    }

    /** Why a repository could not tell. */
    record Failure(String repository, String message, ExitCode cause, Retry retry) {}

    enum Retry {
        MAY_HELP,
        USELESS
    }

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
}
