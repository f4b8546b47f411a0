// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;

/**
 * Has a WAL file of this server count under its name, in place of what repositories store there: content of another
 * server, or a damaged object. What is stored is rejected, and nothing is deleted; then the file is pushed as
 * {@code wal-push} does it. Plan first. Not thread-safe.
 */
public final class WalResolution {
    private final Session session;
    private final Clock clock;
    private final ClusterName cluster;
    private final Path path;
    private final WalFile file;
    private final ControlFile control;
    private final Scope scope;

    /** What is decided about. */
    public enum Scope {
        /** One file. */
        FILE,
        /** Also everything that is stored of its timeline after it, unless this server has the same. */
        AND_LATER
    }

    /**
     * Reads the server's control file.
     *
     * @param text the name of a file in pg_wal of the cluster's data directory, or a path
     */
    public WalResolution(Session session, Clock clock, String text, Scope scope) {
        this.session = session;
        this.clock = clock;
        this.scope = scope;
        ClusterSettings settings = session.cluster()
                .orElseThrow(() ->
                        new UserFacingException(ExitCode.USAGE, "no cluster is configured", "Name it with --cluster."));
        this.cluster = settings.name();
        this.path = path(text, settings);
        this.file = parse(path);
        Path above = path.getParent() == null ? null : path.getParent().getParent();
        Path data = above != null && Files.exists(above.resolve(ControlFile.PATH))
                ? above
                : settings.dataDirectory().orElseThrow(() -> noDataDirectory(text));
        try {
            this.control = ControlFile.read(data);
            if (!(file instanceof Segment || file instanceof WalFile.PartialSegment)
                    || !Files.exists(path)
                    || WalPusher.archivedAs(new PushRequest(file, path, control))
                            .equals(file)) {
                requireThere();
                return;
            }
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + path + "': " + e.getMessage(),
                    "Run it as the owner of the data directory.",
                    e);
        }
        throw new UserFacingException(
                ExitCode.WAL_REFUSED,
                "'" + path
                        + "' is the last segment of a timeline that was left: it is archived as a partial segment,"
                        + " beside any other",
                "Nothing that is stored conflicts with it. Archive it with: "
                        + CopyableCommand.of("wal-push", path.toString()));
    }

    /** The file that an operator names: in pg_wal of the data directory if it is a name alone. */
    static Path path(String text, ClusterSettings settings) {
        if (text.contains("/")) {
            return Path.of(text).toAbsolutePath().normalize();
        }
        return settings.dataDirectory()
                .orElseThrow(() -> noDataDirectory(text))
                .resolve("pg_wal")
                .resolve(text)
                .toAbsolutePath();
    }

    private static UserFacingException noDataDirectory(String text) {
        return new UserFacingException(
                ExitCode.USAGE,
                "no data directory is configured in which '" + text + "' could be found",
                "Set data-directory of the cluster, or name the file in pg_wal with its whole path.");
    }

    private static WalFile parse(Path path) {
        WalFile file;
        try {
            file = WalFile.parse(String.valueOf(path.getFileName()));
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(ExitCode.USAGE, String.valueOf(e.getMessage()), "Name a file of pg_wal.", e);
        }
        if (file instanceof WalFile.PartialSegment) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "several partial segments of one name are stored side by side, so none conflicts with another",
                    "Archive it with: " + CopyableCommand.of("wal-push", path.toString()));
        }
        return file;
    }

    private void requireThere() {
        if (!Files.exists(path)) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "there is no file '" + path + "' that could be archived in place of what is stored",
                    "Run it on the server whose file is right. If another repository has the right content, fetch it"
                            + " with: tidemark wal-fetch " + file.name() + " /tmp/" + file.name()
                            + " --repository NAME. Then: tidemark wal-resolve /tmp/" + file.name());
        }
    }

    /** The file of this server. */
    public Path path() {
        return path;
    }

    /** Its name. */
    public WalFile file() {
        return file;
    }

    /** What a repository stores under a name. */
    public sealed interface Stored {
        /** Nothing that counts: the next push of this server stores its file. */
        record Nothing() implements Stored {}

        /** The file of this server. */
        record Same() implements Stored {}

        /**
         * Other content.
         *
         * @param at when it was stored
         */
        record Other(Sha256 content, Instant at) implements Stored {}

        /**
         * An object that does not match its digest.
         *
         * @param problem in words, after the name of the object
         */
        record Damaged(String problem) implements Stored {}
    }

    /** A later segment of the timeline that would be rejected as well. */
    public record Later(Segment segment, Why why) {
        /** Why it is not this server's. */
        public enum Why {
            /** This server has other content under this name. */
            OTHER,
            /** This server has not completed it, or does not have it any more. */
            NOT_HERE
        }
    }

    /**
     * What would be done in one repository. Immutable.
     *
     * @param stored under the name of the file
     * @param later what else would be rejected, rising
     * @param backups that need what would be rejected
     * @param failure why the repository could not be read, or changed
     */
    public record InRepository(
            String repository,
            Stored stored,
            List<Later> later,
            List<BaseBackup> backups,
            Optional<UserFacingException> failure) {
        public InRepository {
            later = List.copyOf(later);
            backups = List.copyOf(backups);
        }

        /** Whether anything is to be done. */
        public boolean isToDo() {
            return failure.isEmpty() && (isInTheWay() || !later.isEmpty());
        }

        /** Whether what is stored keeps the file from being archived. */
        public boolean isInTheWay() {
            return stored instanceof Stored.Other || stored instanceof Stored.Damaged;
        }

        private static InRepository failed(String repository, UserFacingException why) {
            return new InRepository(repository, new Stored.Nothing(), List.of(), List.of(), Optional.of(why));
        }
    }

    /** Looks at every repository of the session, and changes nothing. */
    public List<InRepository> plan() {
        Sha256 own = digest(path)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "cannot read '" + path + "'",
                        "Run it as the owner of the data directory."));
        if (scope == Scope.AND_LATER && !waits()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + path + "' does not wait to be archived, so what is stored after it may be this server's",
                    "PostgreSQL archives in order, so use --later only with the file that it cannot archive. Without"
                            + " --later, only this one file is replaced.");
        }
        List<InRepository> plans = new ArrayList<>();
        for (RepositorySettings settings : session.repositorySettings()) {
            try {
                plans.add(plan(settings.name(), archive(settings), own));
            } catch (IOException | UserFacingException e) {
                plans.add(InRepository.failed(settings.name(), StorageErrors.explainUnlessInterrupted(e)));
            }
        }
        return plans;
    }

    /** Whether PostgreSQL has not been able to archive the file: then it has archived nothing later of the timeline. */
    private boolean waits() {
        return Files.exists(status(file.name(), ".ready"));
    }

    private Path status(String name, String state) {
        return path.resolveSibling("archive_status").resolve(name + state);
    }

    private ClusterArchive archive(RepositorySettings settings) throws IOException {
        Repository repository = session.repository(settings);
        return repository
                .incarnation(cluster, control.system())
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "system identifier " + control.system() + " is not registered for cluster '" + cluster
                                + "' in '" + settings.name() + "'",
                        "Is '" + path + "' of this cluster? See what is registered with: tidemark list-backup"));
    }

    private InRepository plan(String repository, ClusterArchive archive, Sha256 own) throws IOException {
        requireHistory(archive, repository);
        Stored stored = stored(archive, own);
        List<Later> later = scope == Scope.AND_LATER ? later(archive) : List.of();
        InRepository plan = new InRepository(repository, stored, later, List.of(), Optional.empty());
        return plan.isToDo()
                ? new InRepository(repository, stored, later, backups(archive, plan), Optional.empty())
                : plan;
    }

    /** A segment cannot be archived while the history of another server is stored for its timeline. */
    private void requireHistory(ClusterArchive archive, String repository) throws IOException {
        if (!(file instanceof Segment) || file.timeline().id() == 1) {
            return;
        }
        WalFile.TimelineHistoryFile history = new WalFile.TimelineHistoryFile(file.timeline());
        Optional<Sha256> own = digest(path.resolveSibling(history.name()));
        Optional<byte[]> stored;
        try {
            stored = archive.wal().content(history);
        } catch (DamagedObjectException e) {
            throw decideFirst(history, ExitCode.DAMAGED, "'" + repository + "': " + e.getMessage());
        }
        if (own.isPresent() && stored.isPresent() && !Sha256.of(stored.get()).equals(own.get())) {
            throw decideFirst(
                    history,
                    ExitCode.WAL_CONFLICT,
                    "'" + repository + "' stores another history of timeline " + file.timeline()
                            + " than the one beside '" + path + "': two servers were promoted to this timeline");
        }
    }

    private static UserFacingException decideFirst(
            WalFile.TimelineHistoryFile history, ExitCode status, String message) {
        return new UserFacingException(
                status, message, "Decide about the history first: tidemark wal-resolve " + history.name() + " --later");
    }

    private Stored stored(ClusterArchive archive, Sha256 own) throws IOException {
        ObjectStore store = archive.repository().store();
        ObjectKey key = archive.wal().key(file.name());
        Optional<ObjectInfo> found = store.stat(key);
        if (found.isEmpty()) {
            archive.repository().confirmPresent();
            return new Stored.Nothing();
        }
        try {
            Sha256 content = ObjectDecoder.verify(
                            store,
                            key,
                            ContainerKind.of(file),
                            file.name(),
                            archive.identity().system())
                    .plain();
            return content.equals(own)
                    ? new Stored.Same()
                    : new Stored.Other(content, found.get().stored());
        } catch (DamagedObjectException e) {
            return new Stored.Damaged(e.problem());
        }
    }

    private List<Later> later(ClusterArchive archive) throws IOException {
        IncarnationKeys keys = archive.identity().keys();
        ObjectStore store = archive.repository().store();
        List<Later> later = new ArrayList<>();
        Listing listing = file instanceof Segment
                ? Listing.from(keys.of(file), store, keys.timeline(file.timeline()))
                : Listing.of(store, keys.timeline(file.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(keys, object.key()) instanceof ObjectName.Segment each
                    && !each.file().equals(file)) {
                Optional<Sha256> own = completed(each.file());
                if (own.isEmpty()) {
                    later.add(new Later(each.file(), Later.Why.NOT_HERE));
                } else if (!own.equals(header(archive, each.file()))) {
                    later.add(new Later(each.file(), Later.Why.OTHER));
                }
            }
        }
        return later;
    }

    /** The digest of a segment that this server has completed: others may hold anything after their end. */
    private Optional<Sha256> completed(Segment segment) {
        return Files.exists(status(segment.name(), ".ready")) || Files.exists(status(segment.name(), ".done"))
                ? digest(path.resolveSibling(segment.name()))
                : Optional.empty();
    }

    /** The digest that the header of an object tells; empty if it is damaged. */
    private static Optional<Sha256> header(ClusterArchive archive, Segment segment) throws IOException {
        try {
            return archive.wal().digest(segment);
        } catch (DamagedObjectException e) {
            return Optional.empty();
        }
    }

    private static Optional<Sha256> digest(Path file) {
        MessageDigest digest = Sha256.newDigest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
            return Optional.of(Sha256.finish(digest));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The backups that need something that would be rejected: whose WAL they were taken with, only people know. */
    private List<BaseBackup> backups(ClusterArchive archive, InRepository plan) throws IOException {
        List<Segment> rejected = new ArrayList<>();
        if (plan.isInTheWay() && file instanceof Segment segment) {
            rejected.add(segment);
        }
        plan.later().forEach(each -> rejected.add(each.segment()));
        List<BaseBackup> hurt = new ArrayList<>();
        for (CatalogEntry entry : session.backups(archive).list()) {
            if (entry instanceof CatalogEntry.Published published
                    && rejected.stream().anyMatch(segment -> needs(published.backup(), segment))) {
                hurt.add(published.backup());
            }
        }
        return hurt;
    }

    private static boolean needs(BaseBackup backup, Segment segment) {
        WalSegmentSize size = backup.origin().walSegmentSize();
        return backup.wal().timeline().equals(segment.timeline())
                && backup.wal().first(size).compareTo(segment) <= 0
                && segment.compareTo(backup.wal().last(size)) <= 0;
    }

    /**
     * Carries out a plan; what is cut off can be repeated.
     *
     * @return the same, with the failures
     */
    public List<InRepository> apply(List<InRepository> plans) throws IOException {
        Map<String, RepositorySettings> settings = new TreeMap<>();
        session.repositorySettings().forEach(each -> settings.put(each.name(), each));
        SpoolDirectory.make(session.spool());
        forgetNotes();
        List<InRepository> done = new ArrayList<>();
        for (InRepository plan : plans) {
            if (!plan.isToDo()) {
                done.add(plan);
                continue;
            }
            try {
                apply(plan, Objects.requireNonNull(settings.get(plan.repository())));
                done.add(plan);
            } catch (IOException | UserFacingException e) {
                done.add(new InRepository(
                        plan.repository(), plan.stored(), plan.later(), plan.backups(), Optional.of(explain(e))));
            }
        }
        return done;
    }

    /**
     * What this server archived ahead may have been rejected from another host since: PostgreSQL is told of none of it
     * without a new look at the repositories.
     */
    private void forgetNotes() throws IOException {
        Path memory = OpenRepositories.memory(session.spool());
        if (Files.isDirectory(memory)) {
            Files.setLastModifiedTime(memory, FileTime.from(clock.instant()));
        }
    }

    private static UserFacingException explain(Exception failure) {
        return failure instanceof ObjectExists
                ? new UserFacingException(
                        ExitCode.WAL_CONFLICT,
                        "another process decided about the same file at this moment",
                        "See what is stored now with the same command, without --confirm.",
                        failure)
                : StorageErrors.explainUnlessInterrupted(failure);
    }

    /** The last one first, and the file itself at the end: as long as it waits, the command can be repeated. */
    private void apply(InRepository plan, RepositorySettings settings) throws IOException {
        ClusterArchive archive = archive(settings);
        RepairedStore store = archive.repository().repairs().orElseThrow();
        for (Later later : plan.later().reversed()) {
            Optional<Sha256> content = header(archive, later.segment());
            store.reject(archive.wal().key(later.segment()), rejected(content));
        }
        if (plan.stored() instanceof Stored.Other other) {
            store.reject(archive.wal().key(file.name()), rejected(Optional.of(other.content())));
        } else if (plan.stored() instanceof Stored.Damaged) {
            store.reject(archive.wal().key(file.name()), rejected(Optional.empty()));
        }
        if (plan.isInTheWay()) {
            PushTarget target = new PushTarget(
                    settings.name(),
                    settings.encoding(),
                    system -> archive(settings),
                    () -> session.repositories().rememberedId(settings));
            new WalPusher(target, session.spool(), clock).push(new PushRequest(file, path, control));
        }
    }

    private RejectedContent rejected(Optional<Sha256> content) throws IOException {
        return new RejectedContent(content, clock.instant(), HostName.ofThisMachine());
    }

    /** The position at which the rejected content begins; empty for a history. */
    public Optional<String> position() {
        return file instanceof Segment segment
                ? Optional.of(segment.start(control.walSegmentSize()).toString())
                : Optional.empty();
    }
}
