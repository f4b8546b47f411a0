// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sorted;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ControlFile;

/**
 * The databases and relations of a cluster, by OID, by file and by name. 100,000 relations take about 20 MiB.
 * Immutable.
 */
public final class RelationNames {
    /** The maximum number of relations of a cluster. */
    public static final int MAX_RELATIONS = 2_000_000;

    private static final Comparator<Relation> BY_OID =
            Comparator.comparingLong(Relation::database).thenComparingLong(Relation::oid);
    private static final Comparator<Relation> BY_FILE = Comparator.comparingLong(Relation::tablespace)
            .thenComparingLong(Relation::databaseOfFile)
            .thenComparingLong(Relation::file)
            .thenComparing(Relation::isCertain, Comparator.reverseOrder())
            .thenComparing(BY_OID);
    private static final Comparator<Relation> BY_NAME =
            Comparator.comparing(Relation::name).thenComparing(BY_OID);

    private final List<Database> databases;
    private final Relation[] byOid;
    private final Relation[] byFile;
    private final Relation[] byName;
    private final List<Gap> gaps;

    /**
     * A database.
     *
     * @param tablespace the OID of its default tablespace
     * @param isCertain like {@link Relation#isCertain}
     */
    public record Database(long oid, String name, long tablespace, boolean isCertain) {}

    /**
     * A reason why names may be missing or wrong.
     *
     * @param path the file, relative to the data directory
     * @param problem in lower case, such as {@code the file is missing or empty}
     */
    public record Gap(String path, String problem) {}

    /** A cluster has more than {@link #MAX_RELATIONS} relations, so their names cannot be read. */
    public static final class TooManyRelationsException extends UserFacingException {
        private static final long serialVersionUID = 1L;

        TooManyRelationsException() {
            super(
                    ExitCode.INTERNAL,
                    "the cluster has more than " + MAX_RELATIONS + " relations: their names cannot be read",
                    "Name relations by their OID.");
        }
    }

    /** Those of a cluster of which nothing is known. */
    public static final RelationNames NONE = new RelationNames(List.of(), List.of(), List.of());

    RelationNames(List<Database> databases, Collection<Relation> relations, List<Gap> gaps) {
        this.databases = List.copyOf(databases);
        this.byOid = sorted(relations, BY_OID);
        this.byName = sorted(relations, BY_NAME);
        this.byFile = Arrays.stream(byOid)
                .filter(each -> each.file() != 0 && each.persistence() != Relation.Persistence.TEMPORARY)
                .sorted(BY_FILE)
                .toArray(Relation[]::new);
        this.gaps = List.copyOf(gaps);
    }

    /**
     * Reads the names from the catalogs' files, without replaying WAL. A transaction whose commit is not in the files
     * counts as running: what it created is left out, and what it dropped is there, but not certain. Damaged, missing
     * and contradictory files are told as {@link #gaps}.
     *
     * @param control the cluster's control file
     * @param replayStart where the replay of WAL begins: the start of the backup, or the redo position of the control
     *     file's checkpoint
     * @throws TooManyRelationsException if there are more than {@link #MAX_RELATIONS}
     * @throws IOException if a file cannot be read
     */
    public static RelationNames read(ClusterFiles files, ControlFile control, Lsn replayStart) throws IOException {
        return new NamesReader(files, control, replayStart, MAX_RELATIONS).read();
    }

    /** All databases, in the order of their OIDs. */
    public List<Database> databases() {
        return databases;
    }

    public Optional<Database> database(long oid) {
        return databases.stream().filter(each -> each.oid() == oid).findFirst();
    }

    /** All relations of all databases, in the order of the databases' and their own OIDs. */
    public List<Relation> relations() {
        return Collections.unmodifiableList(Arrays.asList(byOid));
    }

    public Optional<Relation> relation(long database, long oid) {
        int place = Sorted.first(
                byOid.length,
                each -> byOid[each].database() > database
                        || (byOid[each].database() == database && byOid[each].oid() >= oid));
        return at(byOid, place).filter(each -> each.database() == database && each.oid() == oid);
    }

    /**
     * The relation that has a file. Temporary relations, whose files have other names, are not found.
     *
     * @param tablespace the OID, such as 1663 for pg_default
     * @param database the OID; 0 for a file in the directory {@code global}
     * @param file the number with which the file's name begins
     */
    public Optional<Relation> ofFile(long tablespace, long database, long file) {
        int place = Sorted.first(byFile.length, each -> compareFile(byFile[each], tablespace, database, file) >= 0);
        return at(byFile, place).filter(each -> compareFile(each, tablespace, database, file) == 0);
    }

    private static int compareFile(Relation relation, long tablespace, long database, long file) {
        int places = Long.compare(relation.tablespace(), tablespace);
        int databases = places != 0 ? places : Long.compare(relation.databaseOfFile(), database);
        return databases != 0 ? databases : Long.compare(relation.file(), file);
    }

    /**
     * The relations with a name, in all schemas and databases that the name leaves open.
     *
     * @param name as in SQL, with the schema, or the database and the schema, before it: {@code public."Orders"}
     * @throws IllegalArgumentException if it is not a name
     */
    public List<Relation> named(String name) {
        QualifiedName wanted = QualifiedName.parse(name);
        int first = Sorted.first(byName.length, each -> byName[each].name().compareTo(wanted.name()) >= 0);
        return Arrays.stream(byName, first, byName.length)
                .takeWhile(each -> each.name().equals(wanted.name()))
                .filter(each -> wanted.schema().isEmpty() || each.schema().equals(wanted.schema()))
                .filter(each -> wanted.database().isEmpty()
                        || database(each.database()).map(Database::name).equals(wanted.database()))
                .toList();
    }

    /** Why names may be missing or wrong; empty if all files were read. */
    public List<Gap> gaps() {
        return gaps;
    }

    private static Optional<Relation> at(Relation[] relations, int place) {
        return place < relations.length ? Optional.of(relations[place]) : Optional.empty();
    }

    private static Relation[] sorted(Collection<Relation> relations, Comparator<Relation> order) {
        return relations.stream().sorted(order).toArray(Relation[]::new);
    }
}
