// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;

/**
 * One question. It changes nothing, neither on the server nor in a repository. A new one is added to a list of
 * {@link Checks}.
 *
 * @param <T> what it looks at: {@link AskedServer}, {@link CheckedHost}, {@link CheckedRepository} or
 *     {@link CheckedCluster}
 */
interface Check<T> {
    /** What most of its findings are about. */
    Subject subject();

    /** None where the question does not arise. */
    List<Finding> look(T at) throws IOException;

    /** All findings; a check that fails is a finding itself, and the others continue. */
    static <T> List<Finding> all(List<Check<T>> checks, T at) {
        List<Finding> findings = new ArrayList<>();
        for (Check<T> check : checks) {
            try {
                findings.addAll(check.look(at));
            } catch (IOException | UserFacingException e) {
                Finding unanswered = check.subject().unanswered(StorageErrors.explain(e));
                findings.add(at instanceof CheckedRepository asked ? unanswered.of(asked.name()) : unanswered);
            }
        }
        return findings;
    }
}
