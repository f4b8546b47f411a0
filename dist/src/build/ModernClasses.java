// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/**
 * Writes the classes of a jar again in a newer form. The JVM keeps no class in a cache whose file is of Java 5 or older
 * (it has no stack maps, so that the JVM verifies its code by inference, at each start).
 */
final class ModernClasses {
    private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;
    private final ClassFile format;

    private ModernClasses(ClassLoader classes) {
        ClassHierarchyResolver known = ClassHierarchyResolver.ofResourceParsing(classes)
                .orElse(ClassHierarchyResolver.defaultResolver())
                .cached();
        this.format = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(known));
    }

    /** Replaces {@code jar}; one without old classes stays as it is. */
    static void writeAgain(Path jar) throws IOException {
        try (URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
            ModernClasses modern = new ModernClasses(classes);
            RewrittenJar.replace(
                    jar,
                    "The build of Tidemark wrote the classes again, for Java 8 and with stack maps.",
                    (name, content) -> name.endsWith(".class") ? modern.written(name, content) : content);
        }
    }

    /** The same bytes if they need not change. */
    private byte[] written(String name, byte[] content) throws IOException {
        ClassModel old = format.parse(content);
        if (old.majorVersion() >= FIRST_WITH_STACK_MAPS) {
            return content;
        }
        byte[] fresh = format.transformClass(
                old,
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                        .andThen((made, element) -> {
                            if (element instanceof ClassFileVersion) {
                                made.withVersion(ClassFile.JAVA_8_VERSION, 0);
                            } else {
                                made.with(element);
                            }
                        }));
        var errors = format.verify(fresh);
        if (!errors.isEmpty()) {
            throw new IOException(name + " cannot be written again: " + errors);
        }
        return fresh;
    }
}
