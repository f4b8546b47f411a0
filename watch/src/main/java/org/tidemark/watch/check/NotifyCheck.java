// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.config.NotifySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.notify.Notifications;
import org.tidemark.notify.Notifications.Untold;

/** Whether a destination of notifications takes what it is told. Where none is configured, nothing is said. */
final class NotifyCheck implements Check<CheckedHost> {
    /** What waits for less is tried again by the next look of serve. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Override
    public Subject subject() {
        return Subject.NOTIFY;
    }

    @Override
    public List<Finding> look(CheckedHost host) throws IOException {
        List<NotifySettings> destinations = host.session().configuration().destinations();
        return Stream.concat(
                        unknownSubjects(destinations).stream(),
                        of(
                                Notifications.untold(host.session().spool(), destinations),
                                host.clock().instant())
                                .stream())
                .toList();
    }

    /** A delay of something that no check finds does nothing. */
    List<Finding> unknownSubjects(List<NotifySettings> destinations) {
        Set<String> known = Stream.of(Subject.values()).map(Subject::text).collect(Collectors.toSet());
        return destinations.stream()
                .flatMap(each -> each.delays().keySet().stream()
                        .filter(name -> !known.contains(name))
                        .sorted()
                        .map(name -> subject()
                                .warning(
                                        "the delay of '" + name + "' for '" + each.name()
                                                + "' has no effect: no finding has this subject",
                                        "Correct it in notify." + each.name()
                                                + ".delays. docs/watch/check.md lists the subjects.")))
                .toList();
    }

    /** What is to be said of those that have not been told everything. */
    List<Finding> of(List<Untold> untold, Instant now) {
        return untold.stream()
                .filter(each -> each.oldest().isBefore(now.minus(PATIENCE)))
                .map(each -> finding(each, now))
                .toList();
    }

    private Finding finding(Untold untold, Instant now) {
        Duration age = Duration.between(untold.oldest(), now);
        return subject()
                .warning(
                        Amounts.count(untold.announcements(), "notification", "notifications") + " for '"
                                + untold.destination() + "' could not be sent, the oldest for "
                                + Amounts.duration(age)
                                + untold.why().map(why -> ": " + why).orElse(""),
                        "See what fails with: tidemark notify --test " + untold.destination())
                .with(Measure.AGE, age.toSeconds());
    }
}
