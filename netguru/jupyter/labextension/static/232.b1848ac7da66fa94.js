"use strict";(self.rspackChunk_netguru_lab=self.rspackChunk_netguru_lab||[]).push([[232],{475(n,e,o){var r=o(601),t=o.n(r),a=o(314),i=(o.n(a))()(t());i.push([n.id,`/* The chat. Colours and fonts come from the theme; the values after the comma serve where there is none. */

/* Wide enough for a table; Lab's own rule for its side panels asks for less, so this one names the panel. */
#netguru-chat.ngc-panel {
  display: flex;
  min-width: 380px;
}

.ngc {
  --ngc-text: var(--jp-ui-font-color1, #1f2328);
  --ngc-dim: var(--jp-ui-font-color2, #59636e);
  --ngc-page: var(--jp-layout-color1, #fff);
  --ngc-soft: var(--jp-layout-color2, #f3f4f6);
  --ngc-line: var(--jp-border-color2, #d4d8dd);
  --ngc-brand: var(--jp-brand-color1, #1769aa);
  --ngc-mark: var(--jp-warn-color3, #fff3c4);

  display: flex;
  flex-direction: column;
  flex: 1 1 auto;
  position: relative;
  min-width: 0;
  height: 100%;
  color: var(--ngc-text);
  background: var(--ngc-page);
  font: var(--jp-ui-font-size1, 13px) / 1.5 var(--jp-ui-font-family, system-ui, sans-serif);
}

.ngc *,
.ngc *::before {
  box-sizing: border-box;
}

.ngc [hidden] {
  display: none !important;
}

.ngc button,
.ngc input,
.ngc textarea {
  font: inherit;
  color: inherit;
}

.ngc button {
  padding: 3px 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--ngc-page);
  cursor: pointer;
}

.ngc button:hover:not(:disabled) {
  background: var(--ngc-soft);
}

.ngc button:disabled {
  opacity: 0.45;
  cursor: default;
}

.ngc :focus-visible {
  outline: 2px solid var(--ngc-brand);
  outline-offset: 1px;
}

.ngc button.ngc-primary {
  border-color: transparent;
  background: var(--ngc-brand);
  color: var(--jp-ui-inverse-font-color1, #fff);
}

.ngc button.ngc-primary:hover:not(:disabled) {
  background: var(--jp-brand-color0, #0f4c81);
}

.ngc button.ngc-stop:not(:disabled) {
  border-color: var(--jp-error-color1, #c62828);
  color: var(--jp-error-color1, #c62828);
}

.ngc button.ngc-sign {
  display: inline-flex;
  padding: 4px;
  border-color: transparent;
  background: none;
  color: var(--ngc-dim);
}

.ngc button.ngc-sign:hover {
  background: var(--ngc-soft);
  color: var(--ngc-text);
}

.ngc-head {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 6px 8px;
  border-bottom: 1px solid var(--ngc-line);
}

.ngc h2.ngc-title {
  flex: 1;
  min-width: 0;
  margin: 0 4px;
  overflow: hidden;
  font-size: inherit;
  font-weight: 600;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-dim {
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-log {
  flex: 1 1 0;
  min-height: 120px;
  padding: 12px;
  overflow-y: auto;
}

.ngc-empty {
  display: flex;
  flex-direction: column;
  align-items: flex-start;
  gap: 8px;
  padding: 8px 4px;
  color: var(--ngc-dim);
}

.ngc-empty p {
  margin: 0 0 6px;
}

.ngc button.ngc-example {
  text-align: left;
  color: var(--ngc-text);
}

.ngc-message {
  margin-bottom: 16px;
  overflow-wrap: anywhere;
}

.ngc-question {
  width: fit-content;
  max-width: 92%;
  margin-left: auto;
  padding: 7px 11px;
  border-radius: 10px 10px 2px;
  background: var(--ngc-soft);
  white-space: pre-wrap;
}

.ngc-tools,
.ngc-chips,
.ngc-list ul,
.ngc-places ul {
  margin: 0;
  padding: 0;
  list-style: none;
}

.ngc-tool {
  display: flex;
  align-items: center;
  gap: 8px;
  margin-bottom: 4px;
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-tool::before {
  flex: none;
  width: 7px;
  height: 7px;
  border-radius: 50%;
  background: var(--jp-success-color1, #2e7d32);
  content: '';
}

.ngc-tool-started::before,
.ngc-tool-progress::before {
  background: var(--ngc-brand);
}

.ngc-tool-failed::before {
  background: var(--jp-error-color1, #c62828);
}

.ngc-tool-cancelled::before {
  background: var(--ngc-dim);
}

.ngc-tool-name {
  flex: none;
  font-family: var(--jp-code-font-family, monospace);
}

.ngc-tool-state {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-tool progress {
  width: 80px;
  height: 6px;
  accent-color: var(--ngc-brand);
}

.ngc-text p,
.ngc-text ul,
.ngc-text ol,
.ngc-text blockquote {
  margin: 0 0 8px;
}

.ngc-text ul,
.ngc-text ol {
  padding-left: 20px;
}

.ngc-text h1,
.ngc-text h2,
.ngc-text h3,
.ngc-text h4 {
  margin: 12px 0 6px;
  font-size: 1.08em;
  font-weight: 600;
}

.ngc-text blockquote {
  padding-left: 10px;
  border-left: 3px solid var(--ngc-line);
  color: var(--ngc-dim);
}

.ngc code,
.ngc pre {
  font-family: var(--jp-code-font-family, monospace);
  font-size: 0.94em;
}

.ngc-text code {
  padding: 1px 4px;
  border-radius: 3px;
  background: var(--ngc-soft);
}

.ngc-code {
  margin: 0 0 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
}

.ngc-code pre,
.ngc-approval pre {
  margin: 0;
  padding: 8px 10px;
  overflow-x: auto;
  line-height: 1.4;
}

.ngc-code pre code {
  padding: 0;
  background: none;
}

.ngc-code-bar {
  display: flex;
  justify-content: flex-end;
  gap: 4px;
  padding: 3px 4px;
  border-top: 1px solid var(--ngc-line);
}

.ngc-code-bar button {
  border-color: transparent;
  color: var(--ngc-dim);
  font-size: 0.9em;
}

.ngc-wide {
  margin-bottom: 10px;
  overflow-x: auto;
}

.ngc table {
  border-collapse: collapse;
  font-size: 0.94em;
}

.ngc th,
.ngc td {
  padding: 3px 8px;
  border: 1px solid var(--ngc-line);
  overflow-wrap: normal;
  text-align: left;
  white-space: nowrap;
}

.ngc th {
  background: var(--ngc-soft);
  font-weight: 600;
}

.ngc button.ngc-cite {
  min-width: 18px;
  margin: 0 1px;
  padding: 0 4px;
  border-color: transparent;
  border-radius: 8px;
  background: var(--jp-brand-color3, #d6e8f7);
  color: var(--jp-ui-font-color0, #10212f);
  font-size: 0.8em;
  line-height: 1.5;
  vertical-align: 1px;
}

.ngc-places summary {
  color: var(--ngc-dim);
  font-size: 0.92em;
  cursor: pointer;
}

.ngc-places li {
  display: flex;
  align-items: baseline;
  gap: 6px;
  padding: 2px 0;
  font-size: 0.92em;
}

.ngc-place {
  margin: 6px 0 10px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
}

.ngc-place-head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: 3px 4px 3px 10px;
  background: var(--ngc-soft);
  font-weight: 600;
}

.ngc-lines,
.ngc-passage {
  max-height: 260px;
  margin: 0;
  padding: 6px 0;
  overflow: auto;
}

.ngc-passage {
  padding: 8px 10px;
  white-space: pre-wrap;
}

.ngc-number {
  display: inline-block;
  width: 44px;
  padding-right: 10px;
  color: var(--ngc-dim);
  text-align: right;
  user-select: none;
}

.ngc mark {
  background: none;
  color: inherit;
}

.ngc-passage mark,
.ngc-marked {
  background: var(--ngc-mark) !important;
  color: inherit;
}

.ngc-end {
  margin-top: 6px;
}

.ngc-standing {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  color: var(--ngc-dim);
  font-size: 0.92em;
}

.ngc-status::before {
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 5px;
  border-radius: 2px;
  background: var(--jp-success-color1, #2e7d32);
  content: '';
}

[data-standing='partial'] .ngc-status::before {
  background: var(--jp-warn-color1, #e58a00);
}

[data-standing='not_found'] .ngc-status::before {
  background: var(--ngc-dim);
}

.ngc-warn {
  text-decoration: underline dotted;
}

.ngc-working {
  color: var(--ngc-dim);
}

.ngc-working::after {
  animation: ngc-dots 1.2s steps(4) infinite;
  content: '…';
}

@keyframes ngc-dots {
  50% {
    opacity: 0.2;
  }
}

@media (prefers-reduced-motion: reduce) {
  .ngc-working::after {
    animation: none;
  }
}

.ngc-fault {
  margin: 4px 0 6px;
  color: var(--jp-error-color1, #c62828);
}

.ngc-stopped {
  color: var(--ngc-dim);
  font-style: italic;
}

.ngc-approval {
  margin: 8px 0;
  padding: 10px;
  border: 1px solid var(--jp-warn-color1, #e58a00);
  border-radius: 4px;
}

.ngc-approval button {
  margin-right: 6px;
}

.ngc-notice {
  padding: 0 12px;
  color: var(--jp-error-color1, #c62828);
}

.ngc-notice:not(:empty) {
  padding-bottom: 6px;
}

.ngc-said {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

.ngc-composer {
  position: relative;
  flex: none;
  padding: 8px 10px 10px;
  border-top: 1px solid var(--ngc-line);
}

.ngc-composer textarea {
  display: block;
  width: 100%;
  padding: 7px 9px;
  resize: none;
  border: 1px solid var(--ngc-line);
  border-radius: 6px;
  background: var(--jp-input-background, var(--ngc-page));
}

.ngc-row {
  display: flex;
  align-items: center;
  gap: 6px;
  margin-top: 6px;
}

.ngc-gap {
  flex: 1;
}

.ngc-chips {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
}

.ngc-chip {
  display: inline-flex;
  align-items: center;
  max-width: 100%;
  margin-bottom: 6px;
  padding-left: 8px;
  border-radius: 10px;
  background: var(--ngc-soft);
}

.ngc-chip span {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-menu {
  position: absolute;
  bottom: 44px;
  left: 8px;
  z-index: 5;
  display: flex;
  flex-direction: column;
  max-width: calc(100% - 16px);
  padding: 4px;
  border: 1px solid var(--ngc-line);
  border-radius: 6px;
  background: var(--ngc-page);
  box-shadow: var(--jp-elevation-z6, 0 3px 12px rgb(0 0 0 / 20%));
}

.ngc-menu button {
  overflow: hidden;
  border-color: transparent;
  text-align: left;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.ngc-list {
  position: absolute;
  inset: 38px 0 0;
  z-index: 4;
  padding: 10px;
  overflow-y: auto;
  background: var(--ngc-page);
}

.ngc-list input {
  width: 100%;
  margin-bottom: 8px;
  padding: 5px 8px;
  border: 1px solid var(--ngc-line);
  border-radius: 4px;
  background: var(--jp-input-background, var(--ngc-page));
}

.ngc-list li {
  display: flex;
  align-items: center;
  gap: 2px;
  min-height: 32px;
  border-radius: 4px;
}

.ngc-list li:hover,
.ngc-list li.ngc-current {
  background: var(--ngc-soft);
}

.ngc-list li input {
  margin: 2px;
}

.ngc button.ngc-open {
  display: flex;
  flex: 1;
  align-items: baseline;
  justify-content: space-between;
  gap: 8px;
  min-width: 0;
  border-color: transparent;
  background: none;
  text-align: left;
}

.ngc-open-title {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
`,""]),o.d(e,{},{A:i})},314(n){n.exports=function(n){var e=[];return e.toString=function(){return this.map(function(e){var o="",r=void 0!==e[5];return e[4]&&(o+="@supports (".concat(e[4],") {")),e[2]&&(o+="@media ".concat(e[2]," {")),r&&(o+="@layer".concat(e[5].length>0?" ".concat(e[5]):""," {")),o+=n(e),r&&(o+="}"),e[2]&&(o+="}"),e[4]&&(o+="}"),o}).join("")},e.i=function(n,o,r,t,a){"string"==typeof n&&(n=[[null,n,void 0]]);var i={};if(r)for(var c=0;c<this.length;c++){var p=this[c][0];null!=p&&(i[p]=!0)}for(var l=0;l<n.length;l++){var g=[].concat(n[l]);r&&i[g[0]]||(void 0!==a&&(void 0===g[5]||(g[1]="@layer".concat(g[5].length>0?" ".concat(g[5]):""," {").concat(g[1],"}")),g[5]=a),o&&(g[2]&&(g[1]="@media ".concat(g[2]," {").concat(g[1],"}")),g[2]=o),t&&(g[4]?(g[1]="@supports (".concat(g[4],") {").concat(g[1],"}"),g[4]=t):g[4]="".concat(t)),e.push(g))}},e}},601(n){n.exports=function(n){return n[1]}},72(n){var e=[];function o(n){for(var o=-1,r=0;r<e.length;r++)if(e[r].identifier===n){o=r;break}return o}function r(n,r){for(var t={},a=[],i=0;i<n.length;i++){var c=n[i],p=r.base?c[0]+r.base:c[0],l=t[p]||0,g="".concat(p," ").concat(l);t[p]=l+1;var d=o(g),s={css:c[1],media:c[2],sourceMap:c[3],supports:c[4],layer:c[5]};if(-1!==d)e[d].references++,e[d].updater(s);else{var x=function(n,e){var o=e.domAPI(e);return o.update(n),function(e){e?(e.css!==n.css||e.media!==n.media||e.sourceMap!==n.sourceMap||e.supports!==n.supports||e.layer!==n.layer)&&o.update(n=e):o.remove()}}(s,r);r.byIndex=i,e.splice(i,0,{identifier:g,updater:x,references:1})}a.push(g)}return a}n.exports=function(n,t){var a=r(n=n||[],t=t||{});return function(n){n=n||[];for(var i=0;i<a.length;i++){var c=o(a[i]);e[c].references--}for(var p=r(n,t),l=0;l<a.length;l++){var g=o(a[l]);0===e[g].references&&(e[g].updater(),e.splice(g,1))}a=p}}},659(n){var e={};n.exports=function(n,o){var r=function(n){if(void 0===e[n]){var o=document.querySelector(n);if(window.HTMLIFrameElement&&o instanceof window.HTMLIFrameElement)try{o=o.contentDocument.head}catch(n){o=null}e[n]=o}return e[n]}(n);if(!r)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");r.appendChild(o)}},540(n){n.exports=function(n){var e=document.createElement("style");return n.setAttributes(e,n.attributes),n.insert(e,n.options),e}},56(n,e,o){n.exports=function(n){var e=o.nc;e&&n.setAttribute("nonce",e)}},825(n){n.exports=function(n){if("u"<typeof document)return{update:function(){},remove:function(){}};var e=n.insertStyleElement(n);return{update:function(o){var r,t,a;r="",o.supports&&(r+="@supports (".concat(o.supports,") {")),o.media&&(r+="@media ".concat(o.media," {")),(t=void 0!==o.layer)&&(r+="@layer".concat(o.layer.length>0?" ".concat(o.layer):""," {")),r+=o.css,t&&(r+="}"),o.media&&(r+="}"),o.supports&&(r+="}"),(a=o.sourceMap)&&"u">typeof btoa&&(r+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),n.styleTagTransform(r,e,n.options)},remove:function(){var n;null===(n=e).parentNode||n.parentNode.removeChild(n)}}}},113(n){n.exports=function(n,e){if(e.styleSheet)e.styleSheet.cssText=n;else{for(;e.firstChild;)e.removeChild(e.firstChild);e.appendChild(document.createTextNode(n))}}},579(n,e,o){var r=o(72),t=o.n(r),a=o(825),i=o.n(a),c=o(659),p=o.n(c),l=o(56),g=o.n(l),d=o(540),s=o.n(d),x=o(113),u=o.n(x),f=o(475),m={};m.styleTagTransform=u(),m.setAttributes=g(),m.insert=p().bind(null,"head"),m.domAPI=i(),m.insertStyleElement=s(),t()(f.A,m),f.A&&f.A.locals&&f.A.locals}}]);