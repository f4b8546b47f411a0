// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.PushAttempt.PushFailure;
import org.tidemark.archiver.push.PushAttempt.State;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.PendingQueue.Addition;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;

/**
 * A file that enough repositories hold, to be queued for those that miss it: by its name alone where one that holds it
 * has the same keys, since its bytes can be copied from there; else with its bytes. Not thread-safe.
 */
final class QueueForLagging {
    private final SinglePush push;
    private final List<PushAttempt> attempts;
    private final Map<PushAttempt, UserFacingException> failures = new LinkedHashMap<>();
    private boolean asked;

    /** @param attempts to all repositories; at least one holds the file */
    QueueForLagging(SinglePush push, List<PushAttempt> attempts) {
        this.push = push;
        this.attempts = attempts;
    }

    /**
     * Queues the file durably for each of them; called again, for those for which that failed.
     *
     * @throws UserFacingException with WAL_CONFLICT if other content is queued under this name
     */
    void queue(List<PushAttempt> missed) {
        for (PushAttempt attempt : missed) {
            if (asked && failures.remove(attempt) == null) {
                continue;
            }
            try {
                queue(attempt);
            } catch (IOException | UserFacingException e) {
                if (PushFailure.stops(e)) {
                    throw PushFailure.explain(e);
                }
                failures.put(attempt, PushFailure.explain(e));
            }
        }
        asked = true;
    }

    /** Whether it is missing from a queue of a repository that sync could not fill either. */
    boolean stopsThePush() {
        return failures.keySet().stream()
                .anyMatch(attempt -> holderWithKeysOf(attempt).isEmpty());
    }

    /**
     * The repositories for which it could not be queued: sync copies it to them from one that holds it.
     *
     * @throws UserFacingException if none holds what sync could copy
     */
    List<PushReport.Unqueued> unqueued() {
        failures.forEach((attempt, failure) -> {
            if (holderWithKeysOf(attempt).isEmpty()) {
                throw failure;
            }
        });
        return failures.entrySet().stream()
                .map(each -> new PushReport.Unqueued(
                        each.getKey().target().name(),
                        each.getKey().reason(),
                        each.getKey().queue().isEmpty()
                                ? PushReport.Unqueued.NEVER_SEEN
                                : each.getValue().getMessage()))
                .toList();
    }

    private void queue(PushAttempt attempt) throws IOException {
        PendingQueue queue = attempt.queue().orElseThrow(() -> neverSeen(attempt));
        QueueListing listing = attempt.listing();
        Optional<PushAttempt> holder = holderWithKeysOf(attempt);
        Optional<Addition> history = history(queue, holder.or(this::anyHolder).orElseThrow());
        if (history.isPresent()) {
            listing = queue.add(listing, history.get());
            attempt.queued(listing);
        }
        attempt.queued(queue.add(listing, file(attempt.target(), holder)));
    }

    private Addition file(PushTarget target, Optional<PushAttempt> holder) throws IOException {
        EncodedObject encoded =
                push.encodings().of(holder.isPresent() ? holder.get().target() : target);
        String keyName = push.keyName(target);
        return holder.isPresent()
                ? new Addition.Name(keyName, encoded.digests().plain(), id(holder.get()))
                : new Addition.Bytes(keyName, encoded.header(), encoded.source());
    }

    /** The history that must be there before the file. It is never encrypted, so any repository can be its source. */
    private Optional<Addition> history(PendingQueue queue, PushAttempt holder) {
        Optional<WalFile.TimelineHistoryFile> file = push.history().file();
        if (file.isEmpty()) {
            return Optional.empty();
        }
        Sha256 content = push.history()
                .seenIn(id(holder))
                .orElseThrow(
                        () -> new IllegalStateException("'" + holder.target().name() + "' holds WAL of "
                                + file.get().timeline() + " and its history was not looked at"));
        return push.history().isKnownIn(queue, content)
                ? Optional.empty()
                : Optional.of(new Addition.Name(file.get().name(), content, id(holder)));
    }

    private Optional<PushAttempt> holderWithKeysOf(PushAttempt missing) {
        return attempts.stream()
                .filter(each -> each.state() == State.HELD && each.target().hasKeysOf(missing.target()))
                .findFirst();
    }

    private Optional<PushAttempt> anyHolder() {
        return attempts.stream().filter(each -> each.state() == State.HELD).findFirst();
    }

    private static RepositoryId id(PushAttempt holder) {
        return holder.repository().orElseThrow();
    }

    private UserFacingException neverSeen(PushAttempt attempt) {
        String name = attempt.target().name();
        return new UserFacingException(
                attempt.failure()
                        .map(PushFailure::explain)
                        .map(UserFacingException::exitCode)
                        .orElse(ExitCode.NO_REPOSITORY),
                "'" + name + "' did not take '" + push.request().file().name() + "' (" + attempt.reason()
                        + "), and the file cannot be queued for it: " + PushReport.Unqueued.NEVER_SEEN,
                "Repair the repository, then run on this host: " + CopyableCommand.of("check", "--repository", name));
    }
}
