// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.BackupWal;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;

/**
 * What the repositories of a session hold of a cluster, each read once. Used by one thread, while the session is open.
 */
public final class ClusterReading {
    private final List<IncarnationReading> all;
    private final RepositoryReadings repositories;
    private final List<EvidenceKey> known;
    private final Instant asOf;

    /** Made once, since each asks much of ten thousand backups. */
    private final Map<ClusterIdentity, CatalogSnapshot> unions = new HashMap<>();

    /** Made once, since each signature is checked. */
    private final Map<ClusterIdentity, HeldDrills> drills = new HashMap<>();

    private ClusterReading(
            List<IncarnationReading> all, RepositoryReadings repositories, List<EvidenceKey> known, Instant asOf) {
        this.all = List.copyOf(all);
        this.repositories = repositories;
        this.known = List.copyOf(known);
        this.asOf = asOf;
    }

    /**
     * Reads each repository of the session. Of one that cannot be read as a whole, nothing is in it.
     *
     * @param now tells a backup that runs from one that was interrupted
     */
    public static ClusterReading of(Session session, WalReading wal, Instant now) {
        return of(session, wal, false, now);
    }

    /**
     * The same for a plan: the objects of every backup are listed now, and no listing of up to a day ago counts.
     *
     * @param now as above
     */
    public static ClusterReading ofPlan(Session session, WalReading wal, Instant now) {
        return of(session, wal, true, now);
    }

    private static ClusterReading of(Session session, WalReading wal, boolean listsAll, Instant now) {
        List<IncarnationReading> all = new ArrayList<>();
        RepositoryReadings repositories = RepositoryReadings.of(session, settings -> {
            List<IncarnationReading> read = new ArrayList<>();
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                read.add(IncarnationReading.of(
                        settings.name(),
                        archive,
                        session.backups(archive),
                        listsAll ? Integer.MAX_VALUE : settings.retention().minimumRedundancy(),
                        () -> wal.of(session, archive, now),
                        session.begun(archive.identity().cluster()),
                        session.commits(archive),
                        session.drills(archive),
                        now));
            }
            all.addAll(read);
        });
        return new ClusterReading(all, repositories, known(session), now);
    }

    /** Where the own key cannot be read, check and proof say so. */
    private static List<EvidenceKey> known(Session session) {
        try {
            return session.configuration().drill().knownKeys();
        } catch (UserFacingException e) {
            return List.of();
        }
    }

    /** Every incarnation in every repository that was read, in the order of the repositories. */
    public List<IncarnationReading> all() {
        return all;
    }

    /** One incarnation, in each repository that knows it. */
    public List<IncarnationReading> of(ClusterIdentity identity) {
        return all.stream().filter(each -> each.identity().equals(identity)).toList();
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return repositories;
    }

    /** When reading began. */
    public Instant asOf() {
        return asOf;
    }

    /** Every incarnation that a repository knows, the newest first. */
    public List<ClusterIdentity> incarnations() {
        return all.stream()
                .map(IncarnationReading::identity)
                .distinct()
                .sorted(Comparator.comparing(ClusterIdentity::system).reversed())
                .toList();
    }

    /** The content of one incarnation in all repositories that were read. */
    public CatalogSnapshot together(ClusterIdentity identity) {
        return unions.computeIfAbsent(identity, each -> IncarnationReading.together(of(each)));
    }

    /** The WAL that a recovery reads after a backup, by that of all repositories that were read. */
    public BackupWal walOf(BaseBackup backup) {
        ClusterIdentity identity = incarnations().stream()
                .filter(each -> each.system().equals(backup.origin().system()))
                .findFirst()
                .orElseThrow();
        return BackupWal.of(together(identity), backup);
    }

    /** Every copy of every backup. */
    public List<StoredBackup> stored() {
        return all.stream()
                .flatMap(each -> each.entries().stream()
                        .map(entry -> new StoredBackup(each.repository(), each.archive(), entry)))
                .toList();
    }

    /** What expiry removed of the WAL of one incarnation, in any of the repositories. */
    public List<RemovedWal> removedWal(ClusterIdentity identity) {
        return of(identity).stream()
                .flatMap(each -> each.inventory().removed().stream())
                .toList();
    }

    /** The drills of one incarnation that count with the keys that this host knows. */
    public HeldDrills drills(ClusterIdentity identity) {
        return drills.computeIfAbsent(identity, each -> HeldDrills.counted(chains(each), known, asOf));
    }

    /** All of them, also those that are not signed. */
    public HeldDrills drillsOfAnyone(ClusterIdentity identity) {
        return HeldDrills.of(chains(identity), asOf);
    }

    private List<DrillChain> chains(ClusterIdentity identity) {
        return of(identity).stream().flatMap(each -> each.drills().stream()).toList();
    }

    /** When the objects of the backups of an incarnation were listed: the oldest of these moments. */
    public Optional<Instant> objectsListed(ClusterIdentity identity) {
        return of(identity).stream()
                .flatMap(each -> each.objectsListed().stream())
                .min(Comparator.naturalOrder());
    }

    /** Which of the WAL was not listed for this. */
    public List<CountedBefore> counted() {
        return all.stream()
                .flatMap(each -> CountedBefore.of(each.repository(), each.identity(), each.inventory()).stream())
                .toList();
    }
}
