// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sorted;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.names.CatalogRows.Found;
import org.tidemark.postgres.names.CatalogRows.Parser;
import org.tidemark.postgres.names.CatalogRows.Row;
import org.tidemark.postgres.names.ClusterFiles.ClusterFile;
import org.tidemark.postgres.names.Relation.Kind;
import org.tidemark.postgres.names.Relation.Persistence;
import org.tidemark.postgres.names.RelationNames.Database;
import org.tidemark.postgres.names.RelationNames.Gap;

/**
 * Reads pg_database, and pg_class and pg_namespace of each database. The offsets are those of
 * src/include/catalog/pg_database.h, pg_class.h and pg_namespace.h. Not thread-safe.
 */
final class NamesReader {
    private static final long PG_DATABASE = 1262;
    private static final long PG_CLASS = 1259;
    private static final long PG_NAMESPACE = 2615;
    private static final long PG_DEFAULT = 1663;
    private static final int NAME = 4;
    private static final int NAMESPACE_BYTES = 68;
    // Since PostgreSQL 15 the locale is after the fixed columns of pg_database.
    private static final int FIRST_WITH_SHORT_DATABASE = 15;
    private static final int DATABASE_ENCODING = 72;
    // relallfrozen is before these columns of pg_class since PostgreSQL 18.
    private static final int FIRST_WITH_ALL_FROZEN = 18;
    private static final int TOAST = 108;
    private static final int PERSISTENCE = 114;
    private static final int KIND = 115;
    private static final String TOAST_PREFIX = "pg_toast_";
    private static final String TOAST_INDEX_SUFFIX = "_index";

    private final ClusterFiles files;
    private final ControlFile control;
    private final Lsn replayStart;
    private final int limit;
    private final Set<Gap> gaps = new LinkedHashSet<>();
    private final TransactionStates transactions;
    private final List<Relation> relations = new ArrayList<>();
    private RelationMap shared = new RelationMap(Map.of());

    private record DatabaseRow(String name, long tablespace, DatabaseEncoding encoding) {}

    private record ClassRow(
            String name,
            long namespace,
            long file,
            long tablespace,
            long pages,
            float tuples,
            long toast,
            Persistence persistence,
            Kind kind) {}

    private record Schema(Optional<String> name, boolean isCertain) {
        static final Schema UNKNOWN = new Schema(Optional.empty(), false);
    }

    NamesReader(ClusterFiles files, ControlFile control, Lsn replayStart, int limit) {
        this.files = files;
        this.control = control;
        this.replayStart = replayStart;
        this.limit = limit;
        this.transactions = new TransactionStates(files, control, gaps);
    }

    RelationNames read() throws IOException {
        List<Database> databases = new ArrayList<>();
        Optional<RelationMap> map = map("global", PG_DATABASE);
        if (map.isPresent()) {
            shared = map.get();
            String path = "global/" + shared.fileNumber(PG_DATABASE);
            for (Found<DatabaseRow> each : rows(path, this::database)) {
                DatabaseRow row = each.value();
                Database database = new Database(each.oid(), row.name, row.tablespace, each.isCertain());
                databases.add(database);
                readRelations(database, row.encoding);
            }
        }
        return new RelationNames(databases, relations, List.copyOf(gaps));
    }

    private void readRelations(Database database, DatabaseEncoding encoding) throws IOException {
        String directory = directory(database);
        Optional<RelationMap> map = map(directory, PG_CLASS);
        if (map.isEmpty()) {
            return;
        }
        String path = directory + "/" + map.get().fileNumber(PG_CLASS);
        List<Found<ClassRow>> rows = rows(path, row -> relation(row, encoding));
        Map<Long, Schema> schemas = schemas(directory, rows, encoding);
        long[] tables = new long[rows.size()];
        long missing = rows.stream()
                .filter(each -> each.value().toast != 0)
                .filter(each -> !noteTable(rows, tables, each))
                // One that may have been dropped proves nothing.
                .filter(Found::isCertain)
                .count();
        if (missing > 0) {
            gaps.add(new Gap(path, "rows are missing: those of " + missing + " TOAST tables, and perhaps others"));
        }
        for (int i = 0; i < rows.size(); i++) {
            Schema schema = schemas.getOrDefault(rows.get(i).value().namespace, Schema.UNKNOWN);
            relations.add(relation(database, schema, rows.get(i), map.get(), tables[i]));
        }
    }

    /** Notes the table of a TOAST table; false if that has no row. */
    private static boolean noteTable(List<Found<ClassRow>> rows, long[] tables, Found<ClassRow> table) {
        int place = place(rows, table.value().toast);
        if (place < 0) {
            return false;
        }
        tables[place] = table.oid();
        return true;
    }

    /** Negative if there is none. */
    private static int place(List<Found<ClassRow>> rows, long oid) {
        int place = Sorted.first(rows.size(), each -> rows.get(each).oid() >= oid);
        return place < rows.size() && rows.get(place).oid() == oid ? place : -1;
    }

    private Map<Long, Schema> schemas(String directory, List<Found<ClassRow>> rows, DatabaseEncoding encoding)
            throws IOException {
        int place = place(rows, PG_NAMESPACE);
        if (place < 0) {
            gaps.add(new Gap(directory, "pg_class has no row of pg_namespace, so the schemas are unknown"));
            return Map.of();
        }
        Map<Long, Schema> schemas = new HashMap<>();
        String path = directory + "/" + rows.get(place).value().file;
        for (Found<String> each : rows(path, row -> name(row, NAMESPACE_BYTES, encoding))) {
            schemas.put(each.oid(), new Schema(Optional.of(each.value()), each.isCertain()));
        }
        return schemas;
    }

    private Relation relation(Database database, Schema schema, Found<ClassRow> found, RelationMap own, long table) {
        ClassRow row = found.value();
        long file = 0;
        if (row.kind.hasFiles()) {
            RelationMap map = row.tablespace == Relation.SHARED ? shared : own;
            file = row.file == 0 ? map.fileNumber(found.oid()) : row.file;
        }
        return new Relation(
                database.oid(),
                found.oid(),
                schema.name,
                row.name,
                row.kind,
                row.persistence,
                row.tablespace == 0 ? database.tablespace() : row.tablespace,
                file,
                row.pages,
                row.tuples,
                table != 0 ? table : tableOfToast(schema, row.name),
                found.isCertain() && schema.isCertain && database.isCertain() && file != 0 == row.kind.hasFiles());
    }

    /** By the names that create_toast_table() of src/backend/catalog/toasting.c gives. */
    private static long tableOfToast(Schema schema, String name) {
        if (!schema.name.orElse("").startsWith("pg_toast") || !name.startsWith(TOAST_PREFIX)) {
            return 0;
        }
        int end = name.endsWith(TOAST_INDEX_SUFFIX) ? name.length() - TOAST_INDEX_SUFFIX.length() : name.length();
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(name, TOAST_PREFIX.length(), end, 10));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            return 0;
        }
    }

    private <T> List<Found<T>> rows(String path, Parser<T> parser) throws IOException {
        return new CatalogRows<>(control, transactions, replayStart, parser, limit - relations.size())
                .read(files, path, gaps);
    }

    private Optional<DatabaseRow> database(Row row) {
        int tablespace = control.postgresMajor() < FIRST_WITH_SHORT_DATABASE ? 224 : 92;
        if (row.length() < tablespace + Integer.BYTES) {
            return Optional.empty();
        }
        DatabaseEncoding encoding = DatabaseEncoding.of(row.oid(DATABASE_ENCODING));
        return name(row, 0, encoding).map(name -> new DatabaseRow(name, row.oid(tablespace), encoding));
    }

    private Optional<ClassRow> relation(Row row, DatabaseEncoding encoding) {
        int shift = control.postgresMajor() < FIRST_WITH_ALL_FROZEN ? 0 : Integer.BYTES;
        Optional<String> name = name(row, KIND + shift + 1, encoding);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        Optional<Kind> kind = Kind.of(row.character(KIND + shift));
        Optional<Persistence> persistence = Persistence.of(row.character(PERSISTENCE + shift));
        return kind.isEmpty() || persistence.isEmpty()
                ? Optional.empty()
                : Optional.of(new ClassRow(
                        name.get(),
                        row.oid(68),
                        row.oid(88),
                        row.oid(92),
                        row.oid(96),
                        row.real(100),
                        row.oid(TOAST + shift),
                        persistence.get(),
                        kind.get()));
    }

    /** Empty if the row is shorter than it has to be, or if the name is. */
    private static Optional<String> name(Row row, int bytes, DatabaseEncoding encoding) {
        if (row.length() < Math.max(bytes, NAMESPACE_BYTES)) {
            return Optional.empty();
        }
        return Optional.of(encoding.decode(row.name(NAME))).filter(name -> !name.isEmpty());
    }

    private String directory(Database database) {
        return database.tablespace() == PG_DEFAULT
                ? "base/" + database.oid()
                : "pg_tblspc/" + database.tablespace() + "/PG_" + control.postgresMajor() + "_"
                        + control.catalogVersion() + "/" + database.oid();
    }

    /** The map of a directory, with the file number of a catalog; empty if there is no such map. */
    private Optional<RelationMap> map(String directory, long catalog) throws IOException {
        String path = directory + "/" + RelationMap.NAME;
        Optional<ClusterFile> opened = files.open(path);
        if (opened.isEmpty()) {
            gaps.add(new Gap(path, "the file is missing"));
            return Optional.empty();
        }
        try (ClusterFile file = opened.get()) {
            byte[] bytes = new byte[RelationMap.MAX_BYTES];
            int read = file.read(0, bytes, 0, bytes.length);
            RelationMap map = RelationMap.parse(Arrays.copyOf(bytes, read), control.postgresMajor(), path);
            if (map.fileNumber(catalog) == 0) {
                throw new CorruptFileException(path, "it does not map " + catalog);
            }
            return Optional.of(map);
        } catch (CorruptFileException e) {
            gaps.add(new Gap(path, "not a valid relation map"));
            return Optional.empty();
        }
    }
}
