// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.backup.BaseBackup.Contents;
import org.tidemark.catalog.backup.BaseBackup.DamagedPage;
import org.tidemark.catalog.backup.BaseBackup.Lineage;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart.OfAnother;
import org.tidemark.catalog.backup.BaseBackup.Objects;
import org.tidemark.catalog.backup.BaseBackup.Origin;
import org.tidemark.catalog.backup.BaseBackup.ReadFiles;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.BaseBackup.Tablespace;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/** The form of {@code backup.json}. */
final class BaseBackupJson {
    private BaseBackupJson() {}

    static byte[] encode(BaseBackup backup) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("id", backup.id().value());
        members.put("type", backup.type().toString());
        backup.objects().lineage().ifPresent(each -> {
            members.put("parent", each.parent().value());
            members.put("oldestFrame", each.oldestFrame().value());
        });
        if (backup.objects().referredSizeBytes() > 0
                || backup.objects().lineage().isPresent()) {
            members.put("referredSize", backup.objects().referredSizeBytes());
        }
        backup.name().ifPresent(name -> members.put("name", name));
        putOrigin(members, backup.origin());
        putRun(members, backup.run());
        members.put("timeline", backup.wal().timeline().id());
        members.put("startLsn", backup.wal().start().toString());
        members.put("stopLsn", backup.wal().stop().toString());
        members.put("walFirst", backup.walFirst().name());
        members.put("walLast", backup.walLast().name());
        backup.nextXid().ifPresent(xid -> members.put("nextXid", Long.toUnsignedString(xid)));
        putContents(members, backup.contents());
        Objects objects = backup.objects();
        members.put("nonce", objects.nonce());
        objects.encryption().ifPresent(encryption -> {
            members.put("encryption", Encryption.FORMAT);
            members.put("recipients", encryption.toString());
        });
        members.put("fingerprintKey", objects.fingerprintKey().hex());
        members.put("bundles", object(objects.bundles()));
        members.put("backupManifest", numbered(objects.backupManifest(), BaseBackupJson::object));
        members.put("manifestParts", manifestParts(objects.manifestParts()));
        objects.configuration().ifPresent(each -> members.put("configuration", configuration(each)));
        return ChecksummedJson.write(members);
    }

    private static List<Map<String, Object>> manifestParts(List<ManifestPart> parts) {
        List<Map<String, Object>> items = new ArrayList<>();
        int own = 0;
        for (ManifestPart part : parts) {
            Map<String, Object> item = new LinkedHashMap<>();
            if (part.shared().isPresent()) {
                item.put("number", part.shared().get().number());
                item.put("id", part.shared().get().id().value());
            } else {
                own++;
                item.put("number", own);
            }
            JsonLine.putPath(item, "first", part.first());
            item.putAll(object(part.object()));
            items.add(item);
        }
        return items;
    }

    private static Map<String, Object> configuration(StoredConfiguration stored) {
        Map<String, Object> members = object(stored.object());
        members.put("files", each(stored.files(), file -> {
            Map<String, Object> item = new LinkedHashMap<>();
            JsonLine.putPath(item, "path", file.path());
            item.put("kind", file.kind().toString());
            file.setting().ifPresent(setting -> item.put("setting", setting.toString()));
            item.put("size", file.sizeBytes());
            if (!file.withoutPasswords().isEmpty()) {
                item.put("withoutPasswords", file.withoutPasswords());
            }
            return item;
        }));
        return members;
    }

    private static StoredConfiguration configuration(JsonObject json) {
        return new StoredConfiguration(
                object(json),
                json.list(
                        "files",
                        file -> new StoredConfiguration.File(
                                JsonLine.path(file, "path"),
                                file.value("kind", StoredConfiguration.Kind::of),
                                file.optionalText("setting").flatMap(StoredConfiguration.Setting::of),
                                file.number("size"),
                                file.has("withoutPasswords") ? file.texts("withoutPasswords") : List.of())));
    }

    private static void putOrigin(Map<String, Object> members, Origin origin) {
        members.put("cluster", origin.cluster().value());
        members.put("systemIdentifier", origin.system().toString());
        members.put("postgresVersion", origin.postgresVersion());
        members.put("walSegmentSize", origin.walSegmentSize().bytes());
        members.put("pageSize", origin.pageSize());
        members.put("dataChecksums", origin.dataChecksums());
        origin.glibc().ifPresent(version -> members.put("glibc", version));
    }

    private static void putRun(Map<String, Object> members, Run run) {
        members.put("method", run.method());
        members.put("host", run.host());
        members.put("from", run.from().toString());
        members.put("tool", run.tool());
        members.put("started", run.started().toString());
        members.put("ended", run.ended().toString());
        run.endedBefore().ifPresent(time -> members.put("endedBefore", time.toString()));
        run.files().ifPresent(files -> {
            members.put("filesFrom", files.from().toString());
            files.machine().ifPresent(machine -> members.put("machine", machine));
        });
        if (!run.warnings().isEmpty()) {
            members.put("warnings", run.warnings());
        }
    }

    private static void putContents(Map<String, Object> members, Contents contents) {
        members.put("files", contents.files());
        members.put("dataSize", contents.dataSizeBytes());
        members.put("storedSize", contents.storedSizeBytes());
        members.put("tablespaces", each(contents.tablespaces(), tablespace -> {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("oid", tablespace.oid());
            tablespace.name().ifPresent(name -> item.put("name", name));
            item.put("location", tablespace.location());
            item.put("size", tablespace.sizeBytes());
            return item;
        }));
        members.put("damagedPages", each(contents.damagedPages(), page -> {
            Map<String, Object> item = new LinkedHashMap<>();
            JsonLine.putPath(item, "path", page.path());
            item.put("block", page.block());
            item.put("reason", page.reason());
            return item;
        }));
        members.put("damagedPagesCount", contents.damagedPagesCount());
        if (contents.isCompared()) {
            members.put("compared", true);
        }
        contents.contentTime().ifPresent(time -> members.put("contentTime", time.toString()));
    }

    private static Map<String, Object> object(StoredObject object) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("size", object.sizeBytes());
        members.put("sha256", object.sha256().hex());
        return members;
    }

    private static <T> List<Map<String, Object>> each(List<T> items, Function<T, Map<String, Object>> encode) {
        List<Map<String, Object>> encoded = new ArrayList<>(items.size());
        items.forEach(item -> encoded.add(encode.apply(item)));
        return encoded;
    }

    /** @throws DamagedObjectException if a bit is wrong, or a member is missing or does not fit the others */
    static BaseBackup decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        return decode(document, key, false);
    }

    /** @param isIntact the digest was compared before */
    static BaseBackup decode(byte[] document, ObjectKey key, boolean isIntact) throws DamagedObjectException {
        JsonObject json = isIntact ? ChecksummedJson.readIntact(document, key) : ChecksummedJson.read(document, key);
        try {
            return decode(json);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static BaseBackup decode(JsonObject json) {
        BaseBackup backup = new BaseBackup(
                json.value("id", BackupId::new),
                json.value("type", BaseBackupJson::type),
                json.optionalText("name"),
                origin(json),
                run(json),
                new WalRange(
                        new Timeline(json.integer("timeline")),
                        json.value("startLsn", Lsn::parse),
                        json.value("stopLsn", Lsn::parse)),
                json.optionalText("nextXid").map(Long::parseUnsignedLong),
                contents(json),
                new Objects(
                        json.text("nonce"),
                        json.optionalText("encryption")
                                .map(format -> Encryption.parse(format, json.text("recipients"))),
                        json.value("fingerprintKey", FingerprintKey::new),
                        object(json.object("bundles")),
                        numbered(json, "backupManifest", BaseBackupJson::object),
                        manifestParts(json),
                        json.has("configuration")
                                ? Optional.of(configuration(json.object("configuration")))
                                : Optional.empty(),
                        json.has("parent")
                                ? Optional.of(new Lineage(
                                        json.value("parent", BackupId::new), json.value("oldestFrame", BackupId::new)))
                                : Optional.empty(),
                        json.has("referredSize") ? json.number("referredSize") : 0));
        if (!backup.walFirst().name().equals(json.text("walFirst"))
                || !backup.walLast().name().equals(json.text("walLast"))) {
            throw new IllegalArgumentException("its first and last segment do not fit its positions");
        }
        return backup;
    }

    /** The parts of something, each with its number from 1 on. */
    private static <T> List<Map<String, Object>> numbered(List<T> parts, Function<T, Map<String, Object>> members) {
        List<Map<String, Object>> items = new ArrayList<>();
        for (T part : parts) {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("number", items.size() + 1);
            item.putAll(members.apply(part));
            items.add(item);
        }
        return items;
    }

    private static <T> List<T> numbered(JsonObject json, String member, Function<JsonObject, T> parser) {
        int[] number = {0};
        return json.list(member, part -> {
            requireNumber(part, ++number[0], member);
            return parser.apply(part);
        });
    }

    /**
     * The numbers of the backup's own parts rise by one; those of other backups have the numbers that they have there.
     */
    private static List<ManifestPart> manifestParts(JsonObject json) {
        int[] own = {0};
        return json.list("manifestParts", part -> {
            Optional<OfAnother> shared =
                    part.optionalText("id").map(id -> new OfAnother(new BackupId(id), part.integer("number")));
            if (shared.isEmpty()) {
                requireNumber(part, ++own[0], "manifestParts");
            }
            return new ManifestPart(JsonLine.path(part, "first"), object(part), shared);
        });
    }

    private static void requireNumber(JsonObject part, int number, String member) {
        if (part.integer("number") != number) {
            throw new IllegalArgumentException("part " + number + " of '" + member + "' is missing");
        }
    }

    private static Origin origin(JsonObject json) {
        return new Origin(
                json.value("cluster", ClusterName::new),
                json.value("systemIdentifier", SystemIdentifier::parse),
                json.integer("postgresVersion"),
                new WalSegmentSize(json.integer("walSegmentSize")),
                json.integer("pageSize"),
                json.flag("dataChecksums"),
                json.has("glibc") ? Optional.of(json.text("glibc")) : Optional.empty());
    }

    private static Run run(JsonObject json) {
        return new Run(
                json.text("method"),
                json.text("host"),
                json.value("from", BaseBackupJson::source),
                json.text("tool"),
                json.value("started", UtcTime::parse),
                json.value("ended", UtcTime::parse),
                json.has("endedBefore") ? Optional.of(json.value("endedBefore", UtcTime::parse)) : Optional.empty(),
                json.has("filesFrom")
                        ? Optional.of(
                                new ReadFiles(json.value("filesFrom", UtcTime::parse), json.optionalText("machine")))
                        : Optional.empty(),
                json.has("warnings") ? json.texts("warnings") : List.of());
    }

    private static Contents contents(JsonObject json) {
        return new Contents(
                json.number("files"),
                json.number("dataSize"),
                json.number("storedSize"),
                json.list(
                        "tablespaces",
                        t -> new Tablespace(
                                t.number("oid"), t.optionalText("name"), t.text("location"), t.number("size"))),
                json.list(
                        "damagedPages",
                        p -> new DamagedPage(JsonLine.path(p, "path"), p.number("block"), p.text("reason"))),
                json.number("damagedPagesCount"),
                json.has("compared") && json.flag("compared"),
                json.has("contentTime") ? Optional.of(json.value("contentTime", UtcTime::parse)) : Optional.empty());
    }

    private static StoredObject object(JsonObject json) {
        return new StoredObject(json.number("size"), json.value("sha256", Sha256::new));
    }

    private static BaseBackup.Type type(String text) {
        for (BaseBackup.Type type : BaseBackup.Type.values()) {
            if (type.toString().equals(text)) {
                return type;
            }
        }
        throw new UserFacingException(
                ExitCode.UNKNOWN_FORMAT,
                "the backup is of type '" + text + "', which this version of Tidemark does not know",
                "Use the version that took it, or a newer one.");
    }

    private static Source source(String text) {
        for (Source source : Source.values()) {
            if (source.toString().equals(text)) {
                return source;
            }
        }
        throw new IllegalArgumentException("neither primary nor standby: '" + text + "'");
    }
}
