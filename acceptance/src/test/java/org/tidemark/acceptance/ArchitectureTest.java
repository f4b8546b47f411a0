// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ServerClock;

/** Which way dependencies point: the rules of the design. The rules are over main code, testkit's included. */
class ArchitectureTest {
    private static final String CLI = "org.tidemark.cli..";
    private static final String TESTKIT = "org.tidemark.testkit..";
    private static final String CONFIG = "org.tidemark.config..";
    /** The WAL commands: as processes, and what they do. */
    private static final String CLI_WAL = "org.tidemark.cli.wal..";

    private static final String WAL = "org.tidemark.wal..";
    private static final String VIEW = "org.tidemark.view..";
    private static final String PAGE = "org.tidemark.page..";
    private static final String CATALOG = "org.tidemark.catalog..";
    private static final String IMAGE = "org.tidemark.image..";
    private static final String POSTGRES = "org.tidemark.postgres..";
    private static final String RECOVERABILITY = "org.tidemark.recoverability..";

    /** A part of the interface of stores, and no store. */
    private static final String STORE_SELF_TEST = "org.tidemark.store.selftest";

    private static final Pattern INTERNAL = Pattern.compile("(.*\\.)internal(\\..*)?");
    /** What composes features, each above those before it. */
    private static final String[] ROOMS = {
        "org.tidemark.session..",
        WAL,
        "org.tidemark.server..",
        "org.tidemark.operations..",
        "org.tidemark.notify..",
        "org.tidemark.watch..",
        VIEW,
        PAGE,
        "org.tidemark.service.."
    };

    private static final String[] FEATURES = {
        "org.tidemark.archiver..",
        "org.tidemark.replicate..",
        "org.tidemark.retention..",
        "org.tidemark.backup..",
        "org.tidemark.restore..",
        "org.tidemark.walsearch.."
    };

    /** How long something is kept, as values: the one part of a feature that is configured in words of its own. */
    private static final DescribedPredicate<HasName> SETTINGS_OF_RETENTION =
            nameMatching("org\\.tidemark\\.retention\\.(RetentionSettings|RetentionPolicy|LongTermRule)(\\$.*)?");

    private static final JavaClasses CLASSES = MainClasses.ALL;

    @Test
    void theRulesAreOverEveryModule() throws IOException {
        Set<String> seen = CLASSES.stream().map(JavaClass::getName).collect(Collectors.toSet());

        assertThat(MainClasses.modules()).hasSizeGreaterThan(10);
        for (Path module : MainClasses.modules()) {
            Path sources = module.resolve(MainClasses.SOURCES);
            try (Stream<Path> files = Files.walk(sources)) {
                assertThat(files.map(file -> sources.relativize(file).toString())
                                .filter(file -> file.endsWith(".java") && !file.endsWith("-info.java"))
                                .map(file -> file.replace(".java", "").replace('/', '.')))
                        .as("what %s was compiled from", module)
                        .isNotEmpty()
                        .isSubsetOf(seen);
            }
        }
    }

    @Test
    void onlyCommandsEndTheProcessOrWriteToItsOutputs() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CLI, TESTKIT)
                .should()
                .accessTargetWhere(call(System.class, "exit"))
                .orShould()
                .accessTargetWhere(call(Runtime.class, "exit|halt"))
                .orShould()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .because("a library that ends the process, or prints, decides what its caller must decide")
                .check(CLASSES);
    }

    @Test
    void onlyCommandsAskWhatTimeItIs() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CLI, TESTKIT)
                .and()
                .doNotBelongToAnyOf(ServerClock.class)
                .should()
                .accessTargetWhere(
                        target(owner(nameMatching("java\\.time\\..*"))).and(target(name("now"))))
                .orShould()
                .accessTargetWhere(call(Clock.class, "system.*|tick.*"))
                .orShould()
                .accessTargetWhere(call(System.class, "currentTimeMillis"))
                .because("a Clock is passed, so that a test can choose the time; how wrong this host's own clock is, "
                        + "ServerClock alone says")
                .check(CLASSES);
    }

    @Test
    void storesKnowNothingOfWhatIsStored() {
        noClasses()
                .that()
                .resideInAPackage("org.tidemark.store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(features(CATALOG, POSTGRES, CLI, TESTKIT))
                .because("a store keeps bytes under keys; its author need not know WAL")
                .check(CLASSES);
    }

    @Test
    void whatKnowsSshKnowsNothingOfWhatItIsUsedFor() {
        noClasses()
                .that()
                .resideInAPackage("org.tidemark.ssh..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(features(CATALOG, POSTGRES, CLI, TESTKIT, "org.tidemark.store.."))
                .because("stores use it, and so may whatever else goes to another host")
                .check(CLASSES);
    }

    @Test
    void theInterfaceOfStoresKnowsNoStore() {
        noClasses()
                .that()
                .resideInAPackage("org.tidemark.store")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.tidemark.store.*..")
                .because("whatever only one store has, stays in its own folder")
                .check(CLASSES);
    }

    @Test
    void theCatalogKnowsTheFormatAlone() {
        noClasses()
                .that()
                .resideInAPackage(CATALOG)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(features(POSTGRES, CLI, TESTKIT, "org.tidemark.store.*.."))
                .because("the format outlives the code that makes backups, and every store holds the same")
                .check(CLASSES);
    }

    @Test
    void whatKnowsPostgresKnowsNoRepository() {
        noClasses()
                .that()
                .resideInAPackage(POSTGRES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(features(CATALOG, CLI, TESTKIT, "org.tidemark.store.."))
                .because("PostgreSQL's files and protocol are the same for every reader")
                .check(CLASSES);
    }

    @ParameterizedTest
    @FieldSource("FEATURES")
    void featuresDoNotKnowEachOther(String feature) {
        String[] others = List.of(FEATURES).stream()
                .filter(other -> !other.equals(feature))
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage(feature)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(CLI, TESTKIT, "org.tidemark.store.*..")
                .because("commands compose features; a feature works with whatever store it is given")
                .check(CLASSES);
    }

    @Test
    void onlyWhatComposesFeaturesReadsTheConfiguration() {
        noClasses()
                .that()
                .resideOutsideOfPackages(rooms(CONFIG, CLI))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(CONFIG)
                .because("a feature takes values, so that it works without a file of settings")
                .check(CLASSES);
    }

    @Test
    void theConfigurationKnowsNoFeature() {
        noClasses()
                .that()
                .resideInAPackage(CONFIG)
                .should()
                .dependOnClassesThat(resideInAnyPackage(features(POSTGRES, CLI, TESTKIT, "org.tidemark.store.*.."))
                        .and(not(SETTINGS_OF_RETENTION)))
                .because("it gives settings and opens repositories; what is done with them is for features to know")
                .check(CLASSES);
    }

    /**
     * Archiver and catalog put a segment where it belongs. Of the others two look where WAL is stored now, one at what
     * the server itself follows, and none at what can be recovered.
     */
    @Test
    void onlyRecoverabilityDecidesWhatCanBeRecovered() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        RECOVERABILITY,
                        CATALOG,
                        "org.tidemark.core..",
                        "org.tidemark.postgres..",
                        "org.tidemark.archiver..")
                .and(
                        not(
                                nameMatching(
                                        "org\\.tidemark\\.(retention\\.EffectiveTimes|watch\\.check\\.(ReceiverStatus|ServerTimelineCheck))")))
                .should()
                .accessTargetWhere(call(TimelineHistory.class, "passes|endOf|includes|ownerOf"))
                .orShould()
                .accessTargetWhere(call(TimelinePath.class, ".*"))
                .orShould()
                .accessTargetWhere(call(TimelineWal.class, ".*"))
                .because("two rules for one question give two answers: ask CatalogSnapshot, RecoveryPlanner,"
                        + " RecoverableIntervals, HoleSurvey, BackupWal or Timelines")
                .check(CLASSES);
    }

    @Test
    void onlyTheImageReadsFrames() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CATALOG, IMAGE)
                .should()
                .dependOnClassesThat(nameMatching("org\\.tidemark\\.catalog\\.backup\\.BundleFrames"))
                .because("bytes of a backup are compared with their checksums, and read from another repository if they"
                        + " are damaged, in one place: ask BackupFrames or BackupImage")
                .check(CLASSES);
    }

    @Test
    void theImageKnowsNoFeature() {
        noClasses()
                .that()
                .resideInAPackage(IMAGE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(features(POSTGRES, RECOVERABILITY, CONFIG, CLI, TESTKIT, "org.tidemark.store.*.."))
                .because("whoever reads a backup reads it by this")
                .check(CLASSES);
    }

    @Test
    void whatArchivesAndBacksUpNeedNotKnowWhatCanBeRecovered() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        CATALOG,
                        "org.tidemark.archiver..",
                        "org.tidemark.backup..",
                        "org.tidemark.replicate..",
                        CLI_WAL,
                        WAL)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(RECOVERABILITY)
                .because("PostgreSQL waits for the WAL commands, and each class that is loaded takes time")
                .check(CLASSES);
    }

    @Test
    void thePackagesOfTheArchiverHaveNoCircle() {
        slices().matching("org.tidemark.archiver.(*)..")
                .should()
                .beFreeOfCycles()
                .because("push needs the queue, ahead and receive need push, and prefetch needs fetch")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("org.tidemark.archiver")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.tidemark.archiver.*..")
                .because("it is what all of them need")
                .check(CLASSES);
    }

    @Test
    void theWalCommandsHaveNoCircle() {
        slices().matching("org.tidemark.wal.(*)..")
                .should()
                .beFreeOfCycles()
                .because("push and fetch need what a call means, and what archives ahead pushes")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage(WAL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        Stream.of(ROOMS).filter(room -> !room.equals(WAL)).toArray(String[]::new))
                .because("what operators ask for needs more than PostgreSQL should wait for")
                .check(CLASSES);
    }

    /** The package above the others is one of them. */
    @ParameterizedTest
    @ValueSource(strings = {"org.tidemark.backup", "org.tidemark.cli", "org.tidemark.restore"})
    void thePackagesOfAModuleHaveNoCircle(String module) {
        slices().assignedFrom(packagesOf(module))
                .should()
                .beFreeOfCycles()
                .because("who reads a package needs to know those below it alone")
                .check(CLASSES);
    }

    private static SliceAssignment packagesOf(String module) {
        return new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass each) {
                String name = each.getPackageName();
                return (name + ".").startsWith(module + ".") ? SliceIdentifier.of(name) : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "packages of " + module;
            }
        };
    }

    @Test
    void groupsOfCommandsDoNotSeeEachOther() {
        String groups = "org.tidemark.cli.command.";
        slices().matching(groups + "(*)..")
                .should()
                .notDependOnEachOther()
                .ignoreDependency(
                        resideInAPackage(groups + "run.."),
                        resideInAPackage(groups + "[backups|retention|restore|wal].."))
                .because("what they share is in cli.call; cron, serve and status alone print what other commands print")
                .check(CLASSES);
    }

    @Test
    void recoverabilityTakesValues() {
        noClasses()
                .that()
                .resideInAPackage(RECOVERABILITY)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "org.tidemark.store..", "org.tidemark.config..")
                .because("what it says is tested, and shown, without a repository")
                .check(CLASSES);
    }

    @Test
    void theFormOfObjectsIsBelowWhatIsStored() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "org.tidemark.catalog.age..", "org.tidemark.catalog.format..", "org.tidemark.catalog.layout..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.tidemark.catalog",
                        "org.tidemark.catalog.wal..",
                        "org.tidemark.catalog.backup..",
                        "org.tidemark.catalog.verify..")
                .because("keys and containers are the same, whatever they hold")
                .check(CLASSES);
    }

    @Test
    void onlyCommandsCallWhatComposesFeatures() {
        noClasses()
                .that()
                .resideOutsideOfPackages(rooms(CLI))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOMS)
                .because("no feature can need what composes it with others")
                .check(CLASSES);
    }

    @Test
    void whatLooksChangesNothing() {
        noClasses()
                .that()
                .resideInAPackage("org.tidemark.watch..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.tidemark.restore..", "org.tidemark.replicate..")
                .because("check, status and audit tell what is there; what they name is for operations to do")
                .check(CLASSES);
    }

    @Test
    void whatIsToldIsValues() {
        noClasses()
                .that()
                .resideInAnyPackage(VIEW, PAGE)
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.tidemark.store.*..", "org.tidemark.service..", "picocli..")
                        .or(belongToAnyOf(Session.class, Repository.class, ObjectStore.class)))
                .because("a terminal and a page tell the same of one value, whoever read it and when")
                .check(CLASSES);
    }

    @Test
    void whatComposesFeaturesReturnsValues() {
        noClasses()
                .that()
                .resideInAnyPackage(ROOMS)
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(CLI, TESTKIT, "picocli..", "tools.jackson..", "org.tidemark.store.*..")
                                .and(not(resideInAPackage(STORE_SELF_TEST))))
                .because("a scheduler or a service calls them too; how a result is printed is for their caller to know")
                .check(CLASSES);
    }

    @Test
    void whatIsInternalIsUsedByItsOwnModuleAlone() {
        classes()
                .should(new ArchCondition<>("use no package named internal but that of their own module") {
                    @Override
                    public void check(JavaClass origin, ConditionEvents events) {
                        for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                            Matcher internal =
                                    INTERNAL.matcher(dependency.getTargetClass().getPackageName());
                            if (internal.matches() && !(origin.getPackageName() + ".").startsWith(internal.group(1))) {
                                events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                            }
                        }
                    }
                })
                .because("what is internal may change without asking")
                .check(CLASSES);
    }

    @ParameterizedTest
    @CsvSource({
        "org.postgresql.., org.tidemark.postgres.., org.tidemark.testkit..",
        "com.github.luben.., org.tidemark.catalog..,",
        "net.jpountz.., org.tidemark.catalog..,",
        "org.apache.commons.compress.., org.tidemark.[backup|catalog].., org.tidemark.testkit..",
        "org.tomlj.., org.tidemark.config..,",
        "picocli.., org.tidemark.cli.[call|command].., org.tidemark.cli",
        "gg.jte.., org.tidemark.page..,",
        "com.azure.., org.tidemark.store.azure..,",
        "com.google.cloud.., org.tidemark.store.gcs..,",
        "software.amazon.., org.tidemark.store.s3..,",
    })
    void aLibraryStaysWhereItIsNeeded(String library, String where, @Nullable String orWhere) {
        noClasses()
                .that()
                .resideOutsideOfPackages(where, orWhere == null ? where : orWhere)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because("a library that is used in one place can be replaced in one place")
                .check(CLASSES);
    }

    @Test
    void walCommandsStartWithoutTheLibrariesOfOtherCommands() {
        noClasses()
                .that()
                .resideInAnyPackage(CLI_WAL, WAL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "picocli..",
                        "tools.jackson..",
                        "org.tomlj..",
                        "java.sql..",
                        "org.postgresql..",
                        "org.tidemark.cli.call..",
                        "org.tidemark.cli.command..")
                .because("PostgreSQL starts them for every segment, and each class that is loaded takes time")
                .check(CLASSES);
    }

    /** The packages of every feature, and these. */
    private static String[] features(String... others) {
        return Stream.concat(Stream.of(FEATURES), Stream.of(others)).toArray(String[]::new);
    }

    /** The packages of every room, and these. */
    private static String[] rooms(String... others) {
        return Stream.concat(Stream.of(ROOMS), Stream.of(others)).toArray(String[]::new);
    }

    private static DescribedPredicate<JavaAccess<?>> call(Class<?> type, String methods) {
        return target(owner(name(type.getName()))).and(target(nameMatching(methods)));
    }
}
