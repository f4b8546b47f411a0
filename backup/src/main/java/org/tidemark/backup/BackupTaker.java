// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.tidemark.backup.archiving.ArchivingCheck;
import org.tidemark.backup.archiving.ArchivingTest;
import org.tidemark.backup.bundle.BackupFiles;
import org.tidemark.backup.bundle.BackupVariant;
import org.tidemark.backup.parent.ParentChoice;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.publication.BackupPublisher;
import org.tidemark.backup.publication.NotedWarnings;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.request.BackupResult.Unfinished;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.source.ClusterSource;
import org.tidemark.backup.source.FoundFiles;
import org.tidemark.backup.source.SourceChoice;
import org.tidemark.backup.source.SourceHost;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.backup.source.StreamSource;
import org.tidemark.backup.target.EarlierAttempts;
import org.tidemark.backup.target.IdClaim;
import org.tidemark.backup.target.Receiver;
import org.tidemark.backup.target.Receivers;
import org.tidemark.backup.target.Receivers.NoneLeftException;
import org.tidemark.backup.target.RegisteredCluster;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BegunBackups;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.store.ObjectInfo;

/**
 * Takes a backup into one repository or several: PostgreSQL's files are read and compressed once. The backup exists in
 * a repository from the moment at which {@code backup.json}, its last object, is stored there. If anything ends it
 * earlier (an exception, an interrupt, a kill), there is no backup, PostgreSQL is not in backup mode, and nothing
 * refers to the objects that were stored. A repository that fails does not end the backup while another one is left.
 * Takes one backup; used by one thread.
 */
public final class BackupTaker {
    /** Longer than a slow store takes to store an object, and than the clocks of hosts with NTP differ. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(1);

    private final List<BackupTarget> targets;
    private final ClusterName cluster;
    private final BackupOptions options;
    private final Clock clock;
    private final RandomGenerator random;
    private final NotedWarnings listener;

    /**
     * Prepares one backup.
     *
     * @param targets one or more; all get the codec of the first one, and targets with the same encryption get the same
     *     objects
     * @param random makes the nonce that tells two backups of one second apart, and the key of the fingerprints
     */
    public BackupTaker(
            List<BackupTarget> targets,
            ClusterName cluster,
            BackupOptions options,
            Clock clock,
            RandomGenerator random,
            BackupListener listener) {
        this.targets = List.copyOf(targets);
        this.cluster = cluster;
        this.options = options;
        this.clock = clock;
        this.random = random;
        this.listener = new NotedWarnings(listener);
    }

    /**
     * Takes the backup. It may report damaged pages ({@link BaseBackup.Contents#damagedPagesCount}): these are damaged
     * in the cluster itself, and the backup holds them as they are.
     *
     * @return where the backup is, and where it is not. If nothing is published, each repository has failed on its own.
     *     A repository with the same encryption as one that has the backup is completed by copying what it lacks,
     *     including the WAL that the backup needs.
     * @throws UserFacingException {@link ExitCode#WRONG_CLUSTER} if the server is not the registered cluster,
     *     {@link ExitCode#USAGE} if it is set not to archive its WAL, {@link ExitCode#WAL_NOT_ARCHIVED} if its WAL did
     *     not arrive in time, {@link ExitCode#BACKUP_FAILED} if what arrived is not what PostgreSQL sent,
     *     {@link ExitCode#INTERRUPTED}, and what the connection throws
     * @throws IOException of the store or of the work directory
     */
    public BackupResult take(ConnectionSettings settings) throws IOException {
        return take(settings, Optional.empty());
    }

    /**
     * Takes the backup, perhaps of files that are read on another host.
     *
     * @param otherHost how PostgreSQL's host is reached, if it is another one
     * @see #take(ConnectionSettings)
     */
    public BackupResult take(ConnectionSettings settings, Optional<SourceHost.Reach> otherHost) throws IOException {
        try (ReplicationConnection connection = ReplicationConnection.open(settings)) {
            ServerQueries queries = ServerQueries.of(settings, connection.walSender(), listener::warning);
            try (ClusterSource source = source(settings, otherHost, connection, queries)) {
                return take(new ServerFacts(connection, queries), source);
            }
        }
    }

    private ClusterSource source(
            ConnectionSettings settings,
            Optional<SourceHost.Reach> otherHost,
            ReplicationConnection connection,
            ServerQueries queries)
            throws IOException {
        if (options.method() == SourceMethod.STREAM) {
            return stream(connection, queries, "it was requested");
        }
        SourceChoice choice = SourceChoice.of(
                options.method(),
                options.type(),
                otherHost,
                options.jobs(),
                options.readLimit(),
                settings,
                connection,
                options.checkpoint(),
                clock);
        if (choice.method() == SourceMethod.STREAM) {
            choice.refused()
                    .ifPresent(why -> listener.warning(
                            "PostgreSQL's files cannot be read by SSH, so PostgreSQL sends them: " + why.reason()));
            return stream(connection, queries, choice.reason());
        }
        if (choice.files().isEmpty()) {
            FoundFiles.NotHere why = choice.refused().orElseThrow();
            throw new UserFacingException(
                    why.status(),
                    "cannot read PostgreSQL's files: " + why.reason() + "; no backup was begun",
                    why.hint() + ". Or let PostgreSQL send the files: tidemark backup --method stream");
        }
        listener.source(choice.method(), choice.reason());
        return choice.files().get();
    }

    private StreamSource stream(ReplicationConnection connection, ServerQueries queries, String reason) {
        listener.source(SourceMethod.STREAM, reason);
        return new StreamSource(connection, queries, options.checkpoint(), options.readLimit());
    }

    /** Takes a backup over an open connection, for tests. */
    BackupResult take(ReplicationConnection connection, ServerQueries queries) throws IOException {
        try (ClusterSource source = stream(connection, queries, "it was requested")) {
            return take(new ServerFacts(connection, queries), source);
        }
    }

    /**
     * Takes the backup of any source, which need not be a server's.
     *
     * @param source is closed by the caller
     */
    public BackupResult take(BackupFacts facts, ClusterSource source) throws IOException {
        List<Unfinished> refused = new ArrayList<>();
        Receivers receivers = new Receivers(registered(facts, refused), Receivers.PATIENCE, listener);
        List<BackupVariant> variants = new ArrayList<>();
        List<Published> published = new ArrayList<>();
        try (WorkDirectory work = WorkDirectory.create(options.workDirectory());
                Closeable _ = () -> close(variants)) {
            receivers.requireOne();
            Collection<List<Receiver>> groups = receivers.all().stream()
                    .collect(Collectors.groupingBy(
                            each -> each.target().encoding().encryption(), LinkedHashMap::new, Collectors.toList()))
                    .values();
            Optional<WalFile.Segment> closed = facts.closeSegment(listener);
            variants.addAll(claim(groups, facts, work.path()));
            receivers.requireOne();
            try (ArchivingTest test = new ArchivingTest(
                    closed,
                    variants.stream().map(BackupVariant::receivers).toList(),
                    (segment, receiver) ->
                            ArchivingCheck.requireArrival(segment, receiver, facts, options, listener))) {
                take(facts, source, variants, receivers, work.path(), test, published);
            }
        } catch (NoneLeftException e) {
            // Each has failed on its own; the result has the failures.
        } catch (CorruptFileException e) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL sent an invalid file: " + e.getMessage() + "; there is no backup",
                    "Take the backup again. If it fails again, see PostgreSQL's log.",
                    e);
        }
        return new BackupResult(published, unfinished(published, refused, receivers, variants));
    }

    /** The repositories in which the cluster of the source is registered. */
    private List<Receiver> registered(BackupFacts facts, List<Unfinished> refused) throws IOException {
        List<Receiver> receivers = new ArrayList<>();
        for (BackupTarget target : targets) {
            try {
                receivers.add(new Receiver(
                        target, RegisteredCluster.identify(facts.properties(), target.repository(), cluster)));
            } catch (IOException | UserFacingException e) {
                refused.add(new Unfinished(target, Optional.empty(), Optional.of(BackupTarget.failureOfOne(e))));
            }
        }
        return receivers;
    }

    /** A variant for each group in which a repository is left that has not failed. */
    private List<BackupVariant> claim(Collection<List<Receiver>> groups, BackupFacts facts, Path work)
            throws IOException {
        IdClaim claim = new IdClaim(random, clock.instant(), options.host(), facts.redo());
        // One for all: where keys are the same, the fingerprints are taken once.
        FingerprintKey newKey = FingerprintKey.random(random);
        List<List<Receiver>> live = groups.stream()
                .map(group -> group.stream().filter(Receiver::isLive).toList())
                .filter(group -> !group.isEmpty())
                .toList();
        Optional<ParentFrames> parent = options.type() == BaseBackup.Type.INCREMENTAL ? parent(live) : Optional.empty();
        Optional<EarlierAttempts> earlier =
                parent.isEmpty() && live.size() == 1 ? earlier(live.getFirst().getFirst(), newKey) : Optional.empty();
        boolean done = false;
        try {
            List<BackupVariant> variants = claim(live, claim, parent, earlier, newKey, work);
            done = true;
            return variants;
        } finally {
            if (!done) {
                earlier.ifPresent(EarlierAttempts::close);
            }
        }
    }

    private List<BackupVariant> claim(
            List<List<Receiver>> live,
            IdClaim claim,
            Optional<ParentFrames> chosen,
            Optional<EarlierAttempts> earlier,
            FingerprintKey newKey,
            Path work)
            throws IOException {
        Codec codec = targets.getFirst().encoding().codec();
        Optional<ParentFrames> parent = chosen;
        List<BackupId> owners = parent.map(ParentFrames::owners)
                .or(() -> earlier.map(EarlierAttempts::owners))
                .orElse(List.of());
        List<Intent> intents = new ArrayList<>();
        for (int i = 0; i < live.size(); i++) {
            List<Receiver> group = live.get(i);
            intents.add(claim.claim(
                    group,
                    live.stream()
                            .filter(other -> !other.equals(group))
                            .flatMap(List::stream)
                            .toList(),
                    owners));
        }
        if (parent.isPresent()
                && !ParentChoice.isIn(live.getFirst(), parent.get().parent())) {
            listener.type(BaseBackup.Type.FULL, "the backup that it was to refer to was removed meanwhile");
            parent = Optional.empty();
        }
        if (earlier.isPresent()) {
            long dataBytes = earlier.get().begin(intents.getFirst(), live.getFirst());
            if (dataBytes > 0) {
                listener.earlierAttempts(dataBytes);
            }
        }
        BegunBackups begun = new BegunBackups(options.attempts(), cluster);
        List<BackupVariant> variants = new ArrayList<>();
        for (int i = 0; i < live.size(); i++) {
            Receiver first = live.get(i).getFirst();
            BackupVariant variant = BackupVariant.of(
                    first.archive().backups().keys(intents.get(i).id()),
                    intents.get(i),
                    new Encoding(codec, first.target().encoding().recipients()),
                    live.get(i),
                    parent,
                    earlier,
                    newKey,
                    work,
                    begun.begin(intents.get(i).id(), clock.instant()));
            variant.live().forEach(each -> compareClocks(each, variant));
            variants.add(variant);
        }
        return variants;
    }

    /** What was stored of earlier attempts; a store that locks its objects would lock it for too short a time. */
    private Optional<EarlierAttempts> earlier(Receiver first, FingerprintKey newKey) {
        if (first.archive().repository().store().lock().isPresent()) {
            return Optional.empty();
        }
        ClusterIdentity identity = first.archive().identity();
        return EarlierAttempts.read(
                options.attempts().resolve(identity.cluster() + "-" + identity.system()),
                first.target().encoding().encryption().map(Encryption::toString).orElse(""),
                clock.instant(),
                newKey);
    }

    /** The backup that this one refers to. */
    private Optional<ParentFrames> parent(List<List<Receiver>> groups) {
        if (groups.size() > 1) {
            listener.type(BaseBackup.Type.FULL, "the repositories do not have the same encryption");
        }
        if (groups.size() != 1) {
            return Optional.empty();
        }
        switch (new ParentChoice(groups.getFirst(), clock.instant(), listener::warning).find()) {
            case ParentChoice.Found.Parent(ParentFrames frames) -> {
                listener.type(
                        BaseBackup.Type.INCREMENTAL,
                        "it refers to backup " + frames.parent().id());
                return Optional.of(frames);
            }
            case ParentChoice.Found.None(String reason) -> {
                listener.type(BaseBackup.Type.FULL, reason);
                return Optional.empty();
            }
        }
    }

    /** Also where no file was read: what earlier attempts have left is locked until then. */
    private static void close(List<BackupVariant> variants) throws IOException {
        for (BackupVariant each : variants) {
            each.close();
        }
    }

    private void take(
            BackupFacts facts,
            ClusterSource source,
            List<BackupVariant> variants,
            Receivers receivers,
            Path work,
            ArchivingTest archiving,
            List<Published> published)
            throws IOException {
        try (BackupFiles files = new BackupFiles(
                variants,
                receivers,
                archiving,
                options,
                work,
                listener,
                source.hasManifest(),
                facts,
                source.readAt())) {
            BackupCopy copy = BackupCopy.of(variants.getFirst().intent(), facts, source, files, clock, listener);
            BackupPublisher publisher =
                    new BackupPublisher(options, listener, work, files, facts, copy.facts(), source.method());
            for (int i = 0; i < variants.size(); i++) {
                publisher.publish(variants.get(i), copy.bundles().get(i)).ifPresent(published::add);
            }
        }
    }

    private static List<Unfinished> unfinished(
            List<Published> published, List<Unfinished> refused, Receivers receivers, List<BackupVariant> variants) {
        List<Unfinished> unfinished = new ArrayList<>(refused);
        for (Receiver receiver : receivers.all()) {
            if (published.stream().noneMatch(each -> each.target().equals(receiver.target()))) {
                Optional<BackupId> id = variants.stream()
                        .filter(variant -> variant.receivers().contains(receiver))
                        .map(variant -> variant.keys().id())
                        .findFirst();
                unfinished.add(new Unfinished(receiver.target(), id, receiver.failure()));
            }
        }
        return unfinished;
    }

    /** Whether a time can be recovered is judged by when the store says that WAL arrived. */
    private void compareClocks(Receiver receiver, BackupVariant variant) {
        Optional<ObjectInfo> stored;
        try {
            stored = receiver.objects().store().stat(variant.keys().intent());
        } catch (IOException e) {
            receiver.fail(e);
            return;
        }
        if (stored.isEmpty()) {
            return;
        }
        Duration ahead =
                Duration.between(variant.intent().started(), stored.get().stored());
        if (ahead.abs().compareTo(CLOCK_DIFFERENCE) > 0) {
            listener.warning("the clock of " + receiver.description() + " is "
                    + ahead.abs().toSeconds() + " s " + (ahead.isNegative() ? "slow" : "fast")
                    + " compared with the clock of this host, and the target time of a recovery is compared with times"
                    + " of both: synchronize the clocks");
        }
    }
}
