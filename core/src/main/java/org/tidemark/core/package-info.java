// SPDX-License-Identifier: Apache-2.0
/** Values and errors, named as in PostgreSQL. This package needs only the JDK and does no input or output. */
package org.tidemark.core;
