// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Finding;

/**
 * What is said where a repository did not answer in time. That is no proof that anything is lost: where {@code serve}
 * read it a few minutes ago, what it found stands in, and a WARNING says so. An answer that is an error is never
 * replaced. Pure.
 *
 * @param limit that was given to the check
 * @param last the check of serve that may stand in
 */
record SlowRepositories(Duration limit, Optional<LastServed> last, Instant now) {
    /**
     * All findings in repositories.
     *
     * @param each of each repository, in order; empty for one that did not answer in time
     * @param together what comparing those that answered says; empty if that did not end in time
     */
    List<Finding> findings(Map<String, Optional<List<Finding>>> each, Optional<List<Finding>> together) {
        List<Finding> all = new ArrayList<>();
        boolean isReplaced = false;
        for (Map.Entry<String, Optional<List<Finding>>> entry : each.entrySet()) {
            String name = entry.getKey();
            Optional<List<Finding>> before =
                    last.map(LastServed::found).map(found -> found.each().get(name));
            if (entry.getValue().isPresent()) {
                all.addAll(entry.getValue().get());
            } else if (before.isPresent()) {
                isReplaced = true;
                all.add(late("'" + name + "' did not answer", "read it").of(name));
                all.addAll(before.get());
            } else {
                all.add(unanswered(name));
            }
        }
        if (together.isPresent() && !isReplaced) {
            all.addAll(together.get());
        } else if (last.isPresent()) {
            if (!isReplaced) {
                all.add(late("the repositories were not compared", "did it"));
            }
            // What is known now of a repository that answered stays: it may be an error of the last minutes.
            together.ifPresent(found -> found.stream()
                    .filter(finding -> isAbout(finding, answered(each)))
                    .forEach(all::add));
            last.get().found().together().stream()
                    .filter(finding -> together.isEmpty() || !isAbout(finding, answered(each)))
                    .forEach(all::add);
        } else {
            all.addAll(together.orElseGet(() -> List.of(Subject.REPOSITORY.critical(
                    "the comparison of the repositories did not end within " + Amounts.duration(limit),
                    Checkup.SLOW_HINT))));
        }
        return all;
    }

    private static Set<String> answered(Map<String, Optional<List<Finding>>> each) {
        return each.entrySet().stream()
                .filter(entry -> entry.getValue().isPresent())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static boolean isAbout(Finding finding, Set<String> repositories) {
        return finding.repository().filter(repositories::contains).isPresent();
    }

    private Finding unanswered(String name) {
        return Subject.REPOSITORY
                .critical("'" + name + "': no answer within " + Amounts.duration(limit), Checkup.SLOW_HINT)
                .of(name);
    }

    private Finding late(String what, String did) {
        return Subject.REPOSITORY.warning(
                what + " within " + Amounts.duration(limit) + "; 'tidemark serve' " + did + " "
                        + Amounts.duration(Duration.between(last.orElseThrow().at(), now))
                        + " ago, and what it found then is shown"
                        + last.get()
                                .counted()
                                .map(at -> "; it had counted the older WAL "
                                        + Amounts.duration(Duration.between(at, now)) + " ago")
                                .orElse(""),
                "To wait for an answer: " + CopyableCommand.of("check", "--now", "--timeout", "1m"));
    }
}
