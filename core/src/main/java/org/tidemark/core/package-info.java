// SPDX-License-Identifier: Apache-2.0
/** Values and errors in PostgreSQL's own words. The JDK only; nothing here reads or writes anything. */
package org.tidemark.core;
